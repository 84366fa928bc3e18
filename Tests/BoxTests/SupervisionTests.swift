import Control
import Testing

extension ServiceTests {
    @Suite("Its supervision")
    struct SupervisionTests {
        @Test("The watchdog has it started again once it is stuck")
        func watchdog() throws {
            let service = try Service.fresh(dropIn: "WatchdogSec=2s")
            try service.receipt("noop --threads 2")
            let before = try service.mainPID
            try service.box.check("kill -STOP \(before)")
            #expect(try eventually { try service.mainPID != before && service.property("ActiveState") == "active" })
            try service.receipt("noop --threads 2")
            let told = try service.box.check(
                "journalctl --sync && journalctl --quiet -u pard.service --grep 'Watchdog timeout'")
            #expect(told.contains("pard.service"))
        }

        @Test("A zygote that is stuck is replaced, and no reason to start another daemon")
        func stuckZygote() throws {
            let service = try Service.fresh(dropIn: "WatchdogSec=2s")
            try service.receipt("noop --threads 2")
            let before = try service.mainPID
            let zygote = try service.status.zygotePid
            try service.box.check("kill -STOP \(zygote)")
            try service.receipt("noop --processes 2 --cold")
            #expect(try eventually { try service.status.zygotePid != zygote })
            #expect(try service.mainPID == before)
        }

        @Test("Where memory is short, workers go before the daemon, which goes on without them")
        func outOfMemory() throws {
            let service = try Service.fresh()
            try service.receipt("noop --processes 2")
            func score(_ pid: String) throws -> Int? { Int(try service.box.check("cat /proc/\(pid)/oom_score_adj")) }
            let daemon = try #require(try score(service.mainPID))
            #expect(try score("\(service.status.zygotePid)") == daemon + 200)
            #expect(try service.property("OOMPolicy") == "continue")
        }

        @Test("Killed while runs go on, it is started again, and the next run is well", arguments: Box.System.all)
        func killed(system: Box.System) throws {
            let service = try Service.fresh(on: system)
            let run = try service.box.start("parctl run sleep --for 1m --threads 2", as: "alice")
            #expect(try eventually { try service.status.jobsRunning == 1 })
            let before = try service.mainPID
            try service.box.check("kill -KILL \(before)")
            let outcome = try run.outcome()
            #expect(outcome.status == 5)
            #expect(outcome.errors.contains("the daemon went away"))
            #expect(try service.receipt("io --processes 2").tasks.ok == 8)
            #expect(try service.mainPID != before)
            #expect(try service.children(of: before) == "", "workers outlive their daemon")
        }

        @Test("Stopped while a run goes on, it lets that finish")
        func drained() throws {
            let service = try Service.fresh()
            let run = try service.box.start("parctl run sleep --for 400ms --tasks 20 --threads 2 --json", as: "alice")
            #expect(try eventually { try service.status.jobsRunning == 1 })
            try service.box.check("systemctl stop pard.service")
            #expect(try run.outcome().status == 0)
            #expect(try service.property("Result") == "success")
            #expect(try service.entries(.drained).last?["PARD_JOBS_FINISHED"] == "1")
        }

        @Test("Told to reload, it goes by the new settings without having stopped", arguments: Box.System.all)
        func reloaded(system: Box.System) throws {
            let service = try Service.fresh(on: system)
            try service.receipt("noop --threads 2")
            let before = try service.mainPID
            try service.box.write("task-limit: 100\nfloor-threads: 6", to: "/etc/pard/pard.yaml")
            try service.box.check("systemctl reload pard.service")
            if try service.waitsForReload { #expect(try service.status.limits["tasks"] == 100) }
            #expect(try eventually { try service.status.limits["tasks"] == 100 })
            #expect(try eventually { try service.property("StatusText").hasPrefix("Warm: 6 threads") })
            #expect(try service.mainPID == before)
            #expect(try service.parctl("run noop --tasks 101").status == 4)
        }

        @Test(
            "Told to reload a bad file, it goes on by what it has, and names file, key and what is allowed",
            arguments: Box.System.all)
        func badReload(system: Box.System) throws {
            let service = try Service.fresh(on: system, settings: "task-limit: 100")
            try service.receipt("noop --threads 2")
            #expect(try eventually { try service.property("StatusText").contains("busy: 0") })
            let before = (pid: try service.mainPID, told: try service.entries(.configurationRejected).count)
            try service.box.write("floor-threads: 6\ntask-limit: many", to: "/etc/pard/pard.yaml")
            try service.box.check("systemctl reload pard.service")
            #expect(try eventually { try service.entries(.configurationRejected).count == before.told + 1 })
            let message = try service.entries(.configurationRejected).last?["MESSAGE"] ?? ""
            for part in ["/etc/pard/pard.yaml:2", "task-limit", "'many'", "a whole number from 1 to 100000000"] {
                #expect(message.contains(part), "\(message)")
            }
            #expect(try eventually { try service.property("StatusText").contains("not reloaded") })
            #expect(try service.status.limits["tasks"] == 100)
            #expect(try service.mainPID == before.pid)
            try service.receipt("noop --threads 2")
        }
    }
}
