import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("Without a daemon")
    struct PrivateTests {
        static let isAlone = !FileManager.default.fileExists(atPath: "/run/pard")
        static let why: Comment = "a daemon of the system's is at /run/pard"

        @Test("run starts one of its own, says so, and leaves nothing of it", .enabled(if: isAlone, why))
        func run() throws {
            try Fixture.run { fixture in
                let outcome = try Parctl("run io --threads 4 --json", in: fixture).outcome()
                #expect(outcome.status == 0)
                #expect(outcome.errors.contains("no daemon is running: starting a private one"))
                let receipt = try outcome.receipt
                expectSound(receipt)
                #expect(receipt.temperature == .cold)
                #expect(receipt.reason == "first use")
                #expect(receipt.phases.startup > 0)
                #expect(fixture.processes == [], "the private daemon was left behind")
                // Nor does the daemon say that anything was amiss.
                #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            }
        }

        @Test("a run whose own daemon never serves says so and ends", .enabled(if: isAlone, why))
        func stuck() throws {
            try Fixture.run { fixture in
                let (client, daemon) = (fixture.folder + "/parctl", fixture.folder + "/pard")
                try FileManager.default.copyItem(atPath: try Program.parctl.path, toPath: client)
                try "#!/bin/sh\nexec sleep 61\n".write(toFile: daemon, atomically: false, encoding: .utf8)
                chmod(daemon, 0o755)
                let process = try Child(client, ["run", "noop"], environment: fixture.environment())
                let outcome = try Parctl(process: process).outcome()
                #expect(outcome.status == 3)
                #expect(outcome.errors.hasSuffix("the private daemon did not start: it does not serve after 10 s\n"))
                #expect(fixture.processes == [])
                try FileManager.default.removeItem(atPath: client)
                try FileManager.default.removeItem(atPath: daemon)
            }
        }

        @Test("a run that is interrupted takes its own daemon with it", .enabled(if: isAlone, why))
        func interrupted() throws {
            try Fixture.run { fixture in
                let run = try Parctl("run sleep --for 60s --processes 2", in: fixture)
                // parctl, pard, its guardian, parzygote and two workers.
                #expect(eventually { fixture.processes.count == 6 })
                run.process.signal(SIGINT)
                #expect(try run.outcome().status == 130)
                #expect(fixture.processes == [], "the private daemon was left behind")
            }
        }

        @Test("a run that is killed takes its own daemon with it all the same", .enabled(if: isAlone, why))
        func killed() throws {
            try Fixture.run { fixture in
                let run = try Parctl("run sleep --for 60s --processes 2", in: fixture)
                #expect(eventually { fixture.processes.count == 6 })
                run.process.signal(SIGKILL)
                #expect(run.process.end() == .signal(SIGKILL))
                #expect(eventually(within: .seconds(5)) { fixture.processes == [] }, "the private daemon goes on")
            }
        }

        /// What of a run with a private daemon is killed.
        enum Victim: CaseIterable {
            case parctl, pard, both
        }

        @Test(
            "nothing is left of a run's commands, and no file, when it or its daemon is killed",
            .enabled(if: isAlone, why),
            arguments: Victim.allCases)
        func leavesNothing(victim: Victim) throws {
            try Fixture.run { fixture throws in
                let sleepers = Sleepers()
                let run = try Parctl(
                    words: ["run", "exec", "-q", "--threads", "\(sleepers.kinds.count)"] + sleepers.words, in: fixture)
                try sleepers.awaitAll()
                let pard = try #require(Processes.child(of: Int(run.process.pid), named: "pard"))
                if victim != .pard { run.process.signal(SIGKILL) }
                if victim != .parctl { kill(pid_t(pard), SIGKILL) }
                sleepers.expectNone()
                let isClean = eventually(within: .seconds(1)) { fixture.processes == [] && fixture.files == [] }
                #expect(isClean, "left: \(fixture.files) \(fixture.processes.map(Processes.line))")
                _ = try #require(run.process.end())
            }
        }

        @Test(
            "nothing is left whenever it is that one is killed", .enabled(if: isAlone, why), arguments: Victim.allCases)
        func killedEarly(victim: Victim) throws {
            try Fixture.run { fixture throws in
                for step in 0..<20 {
                    let run = try Parctl("run io --processes 2 --tasks 100000 --size 4096", in: fixture)
                    var pard: Int?
                    if victim != .parctl {
                        #expect(
                            eventually {
                                pard = Processes.child(of: Int(run.process.pid), named: "pard")
                                return pard != nil || run.process.end(within: 0) != nil
                            })
                    }
                    usleep(useconds_t(step * 3_000))
                    if victim != .pard { run.process.signal(SIGKILL) }
                    if let pard { kill(pid_t(pard), SIGKILL) }
                    _ = try #require(run.process.end())
                    let isClean = eventually(within: .seconds(1)) { fixture.processes == [] && fixture.files == [] }
                    #expect(isClean, "step \(step): \(fixture.files) \(fixture.processes.map(Processes.line))")
                    try fixture.removeFiles()
                }
            }
        }

        @Test("what needs none works, and the rest says how to start one", .enabled(if: isAlone, why))
        func others() throws {
            try Fixture.run { fixture throws in
                for line in ["workloads", "version", "completions bash", "--help", "run io --help"] {
                    #expect(try Parctl(line, in: fixture).outcome().status == 0, "parctl \(line)")
                }
                for line in ["ping", "status", "pools", "jobs", "cancel it"] {
                    let outcome = try Parctl(line, in: fixture).outcome()
                    #expect(outcome.status == 3, "parctl \(line)")
                    #expect(outcome.errors.contains("pard --socket"), "parctl \(line)")
                }
            }
        }
    }
}
