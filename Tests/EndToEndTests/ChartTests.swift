import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("What is drawn")
    struct ChartTests {
        private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

        @Test("is written into every file that was named, beside the receipt")
        func files() throws {
            try Daemon.run { daemon in
                let folder = daemon.fixture.temporary
                let outcome = try daemon.parctl(
                    "run cpu --threads 2 --cold --timeline --svg \(folder)/a.svg --html \(folder)/a.html "
                        + "--trace \(folder)/a.json")
                #expect(outcome.status == 0)
                #expect(outcome.output.contains("all 8 tasks ok"))
                #expect(outcome.output.contains("worker 1  "))
                #expect(!outcome.output.contains("attempt"), "records that nobody asked for")
                #expect(try text("\(folder)/a.svg").hasSuffix("</svg>\n"))
                #expect(try text("\(folder)/a.html").hasSuffix("</html>\n"))
                let trace =
                    try JSONSerialization.jsonObject(with: Data(text("\(folder)/a.json").utf8)) as? [String: Any]
                let events = try #require(trace?["traceEvents"] as? [[String: Any]])
                #expect(events.count { $0["name"] as? String == "task" } == 8)
                let receipt = try daemon.receipt("noop --threads 1")
                #expect(receipt.outcome == .ok)
                for name in ["a.svg", "a.html", "a.json"] {
                    try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
                }
            }
        }

        @Test("is checked before anything runs", arguments: ["--svg", "--html", "--trace"], ["run", "compare"])
        func unwritable(option: String, command: String) throws {
            try Daemon.run { daemon in
                for path in ["/nonexistent/a", "/"] {
                    let outcome = try daemon.parctl("\(command) noop \(option) \(path)")
                    #expect(outcome.status == 2)
                    #expect(outcome.output == "")
                    #expect(outcome.errors.hasPrefix("parctl: can't write to '\(path)': "))
                }
                #expect(try daemon.status.jobsFinished == 0)
            }
        }

        @Test("fails at its end where the disk is full, after the receipt", arguments: ["--svg", "--html", "--trace"])
        func full(option: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("run noop \(option) /dev/full")
                #expect(outcome.status == 1)
                #expect(outcome.output.contains("teardown"))
                #expect(outcome.errors.contains("can't write all of '/dev/full': No space left on device"))
            }
        }

        @Test("goes to standard output alone when that is asked for, and the receipt to standard error")
        func dash() throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("run noop --threads 2 --trace - --timeline")
                #expect(outcome.status == 0)
                #expect(try outcome.object().keys.contains("traceEvents"))
                #expect(outcome.errors.contains("all 8 tasks ok") && outcome.errors.contains("worker 1"))
                #expect(try daemon.parctl("run noop --trace - --json").status == 2)
            }
        }

        @Test("leaves no file of a run that was refused")
        func refused() throws {
            try Daemon.run { daemon in
                let path = daemon.fixture.folder + "/page.html"
                let outcome = try daemon.parctl("run noop --threads 100000 --html \(path)")
                #expect(outcome.status == 4)
                #expect(!FileManager.default.fileExists(atPath: path))
            }
        }
    }

    @Suite("A comparison")
    struct CompareTests {
        private struct Document: Decodable {
            struct Arm: Decodable {
                struct Run: Decodable { var round: Int, temperature: String, outcome: String }
                struct Value: Decodable { var median: Double, low: Double?, high: Double? }
                var arm: String, runs: [Run], speedup: Value?
                var not_warm: Int, cold_startup: Value?
            }
            var schema: String, tasks: Int, rounds: Int, arms: [Arm], verdict: String
        }

        @Test("runs every arm warm and cold in every round, and tells that sleeping goes faster side by side")
        func sleep() throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("compare sleep --for 5ms -r 9 --json")
                #expect(outcome.status == 0)
                #expect(outcome.errors == "")
                let document: Document = try outcome.decoded()
                #expect(document.tasks == 16)
                #expect(document.rounds == 9)
                #expect(
                    document.arms.map(\.arm) == ["serial", "2 threads", "4 threads", "2 processes", "4 processes"])
                for arm in document.arms {
                    #expect(arm.runs.count == 18)
                    #expect(arm.not_warm == 0)
                    #expect((arm.cold_startup?.median ?? 0) > 0)
                }
                // Sixteen sleeps on four workers: four times as fast, less what the machine does beside.
                for index in [2, 4] { #expect((document.arms[index].speedup?.median ?? 0) > 2) }
                #expect(document.verdict.contains("times as fast as serial"))
            }
        }

        @Test("says that it can't tell from few rounds, in every form", arguments: ["", "--markdown"])
        func few(form: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("compare noop -r 2 --workers 2 --no-cold \(form)")
                #expect(outcome.status == 0)
                let words = outcome.output.split(separator: "\n").joined(separator: " ")
                #expect(words.contains("Not sure after 2 good rounds"))
                #expect(try daemon.status.jobsFinished == 3 * 3)
            }
        }

        @Test("prints one line an arm as CSV")
        func csv() throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("compare noop -r 2 --workers 2,3 --csv")
                #expect(outcome.output.split(separator: "\n").count == 6)
                #expect(outcome.output.hasPrefix("arm,mode,workers,"))
            }
        }

        @Test("keeps what it has when runs fail, and says so with its exit status")
        func failing() throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("compare sleep --for 60s --timeout 20ms -r 1 --workers 2 --no-cold")
                #expect(outcome.status == 124)
                #expect(outcome.output.contains("1 run of 2 threads had failed tasks and is left out"))
                #expect(outcome.output.contains("No result"))
            }
        }

        @Test("ends when it is interrupted, and shows the rounds that it got through")
        func interrupted() throws {
            try Daemon.run { daemon in
                let parctl = try daemon.start("compare sleep --for 30ms -r 1000 --workers 2 --no-cold --tasks 2")
                // Three runs to warm up, three of the first round, and one that is begun once parctl has those.
                #expect(try eventually { try daemon.status.jobsFinished >= 7 })
                parctl.process.signal(SIGINT)
                let outcome = try parctl.outcome()
                #expect(outcome.status == 130)
                #expect(outcome.output.contains(" of 1,000 rounds"))
                #expect(try eventually { try daemon.jobs.isEmpty })
            }
        }

        @Test("checks everything before its first run")
        func usage() throws {
            try Daemon.run { daemon in
                for line in [
                    "", "nothing", "io --size 8XiB", "noop --workers 0", "noop -r 0", "noop --json --csv",
                    "noop --runz 3",
                    "noop --json --html -",
                ] {
                    let outcome = try daemon.parctl("compare \(line)")
                    #expect(outcome.status == 2, "compare \(line)")
                    #expect(outcome.output == "")
                }
                #expect(try daemon.status.jobsFinished == 0)
            }
        }

        @Test("has a daemon of its own where none runs", .enabled(if: PrivateTests.isAlone, PrivateTests.why))
        func alone() throws {
            try Fixture.run { fixture in
                let outcome = try Parctl("compare noop -r 1 --workers 2 --json", in: fixture).outcome()
                #expect(outcome.status == 0)
                let document: Document = try outcome.decoded()
                #expect(document.arms.allSatisfy { $0.not_warm == 0 })
                #expect(fixture.processes == [], "the private daemon was left behind")
            }
        }
    }
}
