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
            }
        }

        @Test("a run that is interrupted takes its own daemon with it", .enabled(if: isAlone, why))
        func interrupted() throws {
            try Fixture.run { fixture in
                let run = try Parctl("run sleep --for 60s --processes 2", in: fixture)
                // parctl, pard, parzygote and two workers.
                #expect(eventually { fixture.processes.count == 5 })
                run.process.signal(SIGINT)
                #expect(try run.outcome().status == 130)
                #expect(fixture.processes == [], "the private daemon was left behind")
            }
        }

        @Test("a run that is killed takes its own daemon with it all the same", .enabled(if: isAlone, why))
        func killed() throws {
            try Fixture.run { fixture in
                let run = try Parctl("run sleep --for 60s --processes 2", in: fixture)
                #expect(eventually { fixture.processes.count == 5 })
                run.process.signal(SIGKILL)
                #expect(run.process.end() == .signal(SIGKILL))
                #expect(eventually(within: .seconds(5)) { fixture.processes == [] }, "the private daemon goes on")
            }
        }

        @Test("what needs none works, and the rest says how to start one", .enabled(if: isAlone, why))
        func others() throws {
            try Fixture.run { fixture in
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
