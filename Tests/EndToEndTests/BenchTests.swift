import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("A bench and advice, as programs")
    struct BenchCommandTests {
        @Test("measure warm beside cold, and print it for people and for programs")
        func bench() throws {
            try Daemon.run { daemon in
                let folder = daemon.fixture.temporary
                let outcome = try daemon.parctl(
                    "bench io --size 4KiB --threads 2 --processes 2 -r 6 --tasks 4 --html \(folder)/b.html --svg \(folder)/b.svg "
                        + "--export-json \(folder)/b.json --export-csv \(folder)/b.csv --export-markdown \(folder)/b.md "
                        + "--export-asciidoc \(folder)/b.adoc")
                #expect(outcome.status == 0, "\(outcome.errors)")
                for text in [
                    "2 threads", "fresh", "2 processes", "exec", "starting the pool costs under 10 %", "6 rounds",
                ] {
                    #expect(outcome.output.contains(text), "\(text)")
                }
                for name in ["b.html", "b.svg", "b.csv", "b.md", "b.adoc"] {
                    #expect(try !String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).isEmpty)
                    try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
                }
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/b.json"))
                try FileManager.default.removeItem(atPath: "\(folder)/b.json")
                let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
                let cells = try #require(document["cells"] as? [[String: Any]])
                #expect(cells.count == 5)
                #expect(cells.allSatisfy { ($0["elapsed"] as? [Any])?.count == 6 })
                #expect(
                    (document["results"] as? [[String: Any]])?.allSatisfy { ($0["times"] as? [Double])?.count == 6 }
                        == true)
            }
        }

        @Test("keep a baseline, compare with it, and refuse one of another host")
        func baselines() throws {
            try Daemon.run { daemon in
                let path = daemon.fixture.temporary + "/base.json"
                defer { try? FileManager.default.removeItem(atPath: path) }
                let line = "bench sleep --for 2ms --threads 2 --tasks 2 --no-cold -r 8"
                #expect(try daemon.parctl("\(line) --save-baseline \(path)").status == 0)
                let same = try daemon.parctl("\(line) --baseline \(path) --fail-if-slower 400%")
                #expect(same.status == 0, "\(same.output)\(same.errors)")
                let others = try daemon.parctl(
                    "bench sleep --for 2ms --threads 3 --tasks 2 --no-cold -r 6 --baseline \(path)")
                #expect(others.status == 2 && others.errors.contains("has none of these cells"))
                var text = try String(contentsOfFile: path, encoding: .utf8)
                text.replace("\"machine\" : \"", with: "\"machine\" : \"not ")
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                let other = try daemon.parctl("\(line) --baseline \(path)")
                #expect(other.status == 2 && other.errors.contains("is of another host"))
                #expect(try daemon.parctl("\(line) --baseline \(path) --any-host").status == 0)
            }
        }

        @Test("offer the baselines that are kept by a name to a shell that completes words")
        func completion() throws {
            try Daemon.run { daemon in
                let folder = daemon.fixture.temporary + "/state"
                let variables = ["XDG_STATE_HOME": folder]
                defer { try? FileManager.default.removeItem(atPath: folder) }
                let bench = try Parctl(
                    words: [
                        "--socket", daemon.socket, "bench", "noop", "--serial", "--no-cold", "-r", "1",
                        "--save-baseline",
                        "before",
                    ], in: daemon.fixture, variables: variables
                ).outcome()
                #expect(bench.status == 0, "\(bench.errors)")
                let offered = try Parctl(
                    words: ["---completion", "bench", "--", "--baseline", "4", "0"]
                        + ["parctl", "bench", "noop", "--baseline", ""], in: daemon.fixture,
                    variables: variables.merging(["SAP_SHELL": "bash"]) { $1 }
                ).outcome()
                #expect(offered.output == "before\n")
            }
        }

        @Test("fail with 1 where a cell is surely slower than its baseline")
        func slower() throws {
            try Daemon.run { daemon in
                let path = daemon.fixture.temporary + "/base.json"
                defer { try? FileManager.default.removeItem(atPath: path) }
                let line = "--threads 2 --tasks 2 --no-cold -r 8 -n wait"
                #expect(try daemon.parctl("bench sleep --for 1ms \(line) --save-baseline \(path)").status == 0)
                let outcome = try daemon.parctl("bench sleep --for 60ms \(line) --baseline \(path) --fail-if-slower 5%")
                #expect(outcome.status == 1)
                #expect(
                    outcome.output.contains("wait, 2 threads, warm")
                        || outcome.output.contains("FAILED: slower by more than"))
            }
        }

        @Test("run their hooks in order, with the scanned values, and clean up after a failure")
        func hooks() throws {
            try Daemon.run { daemon in
                let log = daemon.fixture.temporary + "/log"
                defer { try? FileManager.default.removeItem(atPath: log) }
                func parctl(_ prepare: String) throws -> Parctl.Outcome {
                    try Parctl(
                        words: [
                            "--socket", daemon.socket, "bench", "sleep", "--scan", "for=1ms,2ms", "--threads", "1",
                            "--no-cold",
                            "-r1", "--tasks", "1", "--setup", "echo setup {for} >>\(log)", "--prepare", prepare,
                            "--cleanup",
                            "echo cleanup {for} >>\(log)",
                        ], in: daemon.fixture
                    ).outcome()
                }
                #expect(try parctl("echo prepare {for} >>\(log)").status == 0)
                let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
                #expect(
                    lines.prefix(2) == ["setup 1ms", "setup 2ms"] && lines.suffix(2) == ["cleanup 1ms", "cleanup 2ms"])
                #expect(lines.count == 8)
                try FileManager.default.removeItem(atPath: log)
                let failed = try parctl("exit 3")
                #expect(failed.status == 1 && failed.errors.contains("--prepare failed with exit code 3"))
                #expect(try String(contentsOfFile: log, encoding: .utf8).hasSuffix("cleanup 2ms\n"))
            }
        }

        @Test("end soon when they are asked to, whatever a hook ignores")
        func stubbornHook() throws {
            try Daemon.run { daemon in
                let begun = daemon.fixture.temporary + "/begun"
                defer { try? FileManager.default.removeItem(atPath: begun) }
                let parctl = try Parctl(
                    words: ["--socket", daemon.socket, "bench", "noop", "--threads", "1", "--no-cold", "-r1"]
                        + ["--prepare", "trap '' TERM; touch \(begun); sleep 61; true"], in: daemon.fixture)
                func sleepers() -> [Int] {
                    daemon.fixture.processes.filter { Processes.line(of: $0).hasPrefix("sleep") }
                }
                #expect(eventually { FileManager.default.fileExists(atPath: begun) && sleepers().count == 1 })
                parctl.process.signal(SIGTERM)
                #expect(parctl.process.end(within: 10) == .exit(130))
                #expect(eventually { sleepers().isEmpty })
            }
        }

        @Test("have an open loop that tells what it came to when it is interrupted while tasks are not due")
        func interruptedRate() throws {
            try Daemon.run { daemon in
                let parctl = try daemon.start("bench sleep --for 1ms --threads 4 --rate 2 --time 30s --json")
                // The first one warms the workers up.
                #expect(try eventually { try daemon.status.jobsFinished >= 3 })
                parctl.process.signal(SIGINT)
                let outcome = try parctl.outcome()
                #expect(outcome.status == 0, "\(outcome.errors)")
                let tasks = try #require(try outcome.object()["tasks"] as? Int)
                #expect((2..<60).contains(tasks))
            }
        }

        @Test("have an open loop whose latencies count from when tasks were due")
        func rate() throws {
            try Daemon.run { daemon in
                // One worker, ten milliseconds each, and three times as many as it can do: most wait.
                let outcome = try daemon.parctl("bench sleep --for 10ms --threads 1 --rate 300 --time 300ms --json")
                #expect(outcome.status == 0, "\(outcome.errors)")
                let report = try outcome.object()
                let due = try #require((report["latency"] as? [String: Any])?["p50"] as? Int)
                let sent = try #require((report["uncorrected"] as? [String: Any])?["p50"] as? Int)
                #expect(report["tasks"] as? Int == 90)
                #expect(due > 5 * sent)
                #expect(try daemon.parctl("bench sleep --threads 1,2 --rate 3").status == 2)
            }
        }

        @Test("advise waiting tasks to have many workers, and end with the command to use")
        func advice() throws {
            try Daemon.run { daemon in
                // Once a round is held up it may rightly be not sure.
                let isAdvised = try inOneOf(3) {
                    let outcome = try daemon.parctl("advise sleep --for 5ms --tasks 16 --budget 3s")
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    #expect(outcome.output.contains("it waits most of the time"))
                    let last = try #require(outcome.output.split(separator: "\n").last)
                    return last.hasPrefix("parctl run sleep --threads ") && last.hasSuffix("--for 5ms")
                }
                #expect(isAdvised)
            }
        }

        @Test("can't tell of one task that does nothing, and say how to find out")
        func single() throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("advise noop --tasks 1")
                #expect(outcome.status == 0)
                #expect(outcome.output.contains("Can't tell. One task can't be shared out"))
                #expect(outcome.output.hasSuffix("parctl advise noop --tasks 64\n"))
                let json = try daemon.parctl("advise noop --tasks 1 --json").object()
                #expect(json["use"] is NSNull || json["use"] == nil)
            }
        }
    }
}
