import Testing

extension ServiceTests {
    @Suite("The unit")
    struct SandboxTests {
        @Test("is hardened to a score of 0.3 or better", arguments: Box.System.all)
        func score(system: Box.System) throws {
            let service = try Service.fresh(on: system)
            // In tenths.
            let outcome = try service.box.run("systemd-analyze security --threshold=3 pard.service")
            #expect(outcome.status == 0, "\(outcome.output.suffix(200))")
        }

        @Test("has nothing that systemd-analyze finds wrong", arguments: ["system", "user"], Box.System.all)
        func verify(kind: String, system: Box.System) throws {
            let service = try Service.fresh(on: system)
            let units = ["service", "socket"].map { "/usr/lib/systemd/\(kind)/pard.\($0)" }.joined(separator: " ")
            // It ends well even when it has something to say.
            let outcome = try service.box.run("XDG_RUNTIME_DIR=/run systemd-analyze verify --\(kind) --man=no \(units)")
            #expect(outcome.errors == "")
            #expect(outcome.status == 0)
        }

        @Test(
            "lets every workload run on every kind of workers",
            arguments: ["io", "io --read --fsync --size 64KiB", "cpu --iterations 100000"],
            ["--serial", "--threads 2", "--processes 2", "--processes 2 --threads 2"])
        func workloads(workload: String, shape: String) throws {
            let service = Service(box: try Box.shared())
            for cold in ["", "--cold", "--cold=exec"] {
                let receipt = try service.receipt("\(workload) \(shape) \(cold)")
                #expect(receipt.tasks.ok == receipt.tasks.total)
            }
        }

        @Test(
            "has its limits kept, and a refusal names the one",
            .enabled("the box has no cgroups with limits") { try Self.hasLimits },
            arguments: [
                ("TasksMax=150", "TasksMax"), ("MemoryMax=64M", "MemoryMax"), ("LimitNOFILE=256", "LimitNOFILE"),
            ])
        func limits(line: String, name: String) throws {
            let service = try Service.fresh(dropIn: line)
            try service.receipt("noop --threads 4")
            let outcome = try service.parctl("run noop --threads 250")
            #expect(outcome.status == 4)
            #expect(outcome.errors.contains(name), "\(outcome.errors)")
        }

        @Test(
            "has runs of no stated size take as many workers as the processor quota is worth",
            .enabled("the box has no cgroups with limits") { try Self.hasLimits })
        func quota() throws {
            let service = try Service.fresh(dropIn: "CPUQuota=50%")
            #expect(try service.receipt("noop").threads == 1)
        }

        @Test(
            "has a fork that the kernel refuses told with the reason",
            .enabled("the box has no cgroups with limits") { try Self.hasLimits })
        func refusedFork() throws {
            let service = try Service.fresh()
            try service.receipt("noop --threads 2")
            let told = try service.entries(.forksFailed).count
            try service.box.check(
                """
                cd /sys/fs/cgroup && if [ -d pids ]; then cd pids; fi && cd system.slice/pard.service
                cat pids.current >pids.max
                """)
            let outcome = try service.parctl("run noop --processes 6")
            #expect(outcome.status == 4)
            #expect(outcome.errors.contains("clone: "), "\(outcome.errors)")
            var entries: [[String: String]] = []
            #expect(
                try eventually {
                    entries = try service.entries(.forksFailed)
                    return entries.count > told
                })
            #expect(entries.last?["PARD_REASON"]?.contains("clone: ") == true)
        }

        private static var hasLimits: Bool {
            get throws {
                let line = "test -e /sys/fs/cgroup/pids || grep -w pids /sys/fs/cgroup/cgroup.controllers"
                return try Box.shared().run(line).status == 0
            }
        }
    }
}
