import Testing

extension ServiceTests {
    @Suite("Those who may use it")
    struct AccessTests {
        @Test("A member of the group starts it by the first connection", arguments: Box.System.all)
        func activation(system: Box.System) throws {
            let service = try Service.fresh(on: system)
            #expect(try service.property("ActiveState") == "inactive")
            let receipt = try service.receipt("io --threads 4")
            #expect(receipt.threads == 4)
            #expect(receipt.temperature == .warm)
            #expect(try service.receipt("io --processes 2 --cold").temperature == .cold)
            #expect(try service.property("ActiveState") == "active")
        }

        @Test("An outsider is refused, and told which group to join")
        func outsider() throws {
            let service = try Service.fresh()
            let outcome = try service.parctl("run noop --threads 2", as: "bob")
            #expect(outcome.status == 3)
            #expect(outcome.errors.contains("members of the group 'pard' may"))
            #expect(outcome.errors.contains("usermod -aG pard bob"))
            #expect(try service.property("ActiveState") == "inactive")
        }

        @Test("systemctl shows the pools, who is busy and what waits")
        func statusText() throws {
            let service = try Service.fresh(settings: "floor-threads: 3\nfloor-processes: 2")
            let run = try service.box.start("parctl run sleep --for 2s --tasks 4 --threads 2", as: "alice")
            let busy = "Warm: 3 threads, 2 processes; busy: 2 of 5 workers; waiting jobs: 0"
            #expect(try eventually { try service.property("StatusText") == busy })
            #expect(try service.box.check("systemctl status pard.service").contains("Status: \"\(busy)\""))
            #expect(try run.outcome().status == 0)
            let idle = "Warm: 3 threads, 2 processes; busy: 0 of 5 workers; waiting jobs: 0"
            #expect(try eventually { try service.property("StatusText") == idle })
        }

        @Test("A user who lingers has a daemon of his own, which root may not use", arguments: Box.System.all)
        func userService(system: Box.System) throws {
            let box = try Service.fresh(on: system).box
            let uid = try box.check("id --user alice")
            try box.check("loginctl enable-linger alice")
            let own = "export XDG_RUNTIME_DIR=/run/user/\(uid);"
            #expect(
                try eventually {
                    try box.run("\(own) systemctl --user is-system-running --wait", as: "alice").status == 0
                })
            try box.check("\(own) systemctl --user start pard.socket", as: "alice")
            #expect(try box.check("stat --format='%a %U' /run/user/\(uid)/pard/pard.sock") == "600 alice")
            try box.check("\(own) parctl run io --threads 2 --no-spawn", as: "alice")
            let status = try box.check("\(own) parctl status --json", as: "alice")
            #expect(status.contains("\"uid\":\(uid)"))
            #expect(try box.run("parctl --socket /run/user/\(uid)/pard/pard.sock run noop").status == 4)
            #expect(
                try eventually {
                    try box.check("journalctl --sync")
                    let history = try box.check("\(own) parctl history --user --json --workload io", as: "alice")
                    return history.contains("\"workload\":\"io\"")
                })
            #expect(try box.check("\(own) systemctl --user stop pard.socket pard.service", as: "alice") == "")
            try box.check("loginctl disable-linger alice && systemctl stop user@\(uid).service")
        }
    }
}
