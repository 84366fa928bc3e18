import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("parctl top")
    struct TopTests {
        @Test("prints one picture where nobody looks on, and documents for programs")
        func once() throws {
            try Daemon.run { daemon in
                let run = try daemon.start("run sleep --threads 2 --for 50ms --tasks 400 -q")
                _ = try daemon.awaitJob { $0.done >= 2 }
                _ = try daemon.receipt("noop --processes 2")
                for line in ["top --interval 200ms", "top --once --interval 200ms"] {
                    let outcome = try daemon.parctl(line)
                    #expect(outcome.status == 0)
                    #expect(outcome.output.contains("processes") && outcome.output.contains("sleep"))
                    #expect(!outcome.output.contains("\u{1B}"))
                }
                let document = try daemon.parctl("top --once --json --interval 200ms").object()
                #expect((document["jobs"] as? [[String: Any]])?.count == 1)
                #expect((document["pools"] as? [[String: Any]])?.count == 2)
                #expect(document["span"] as? Int ?? 0 >= 200_000_000)
                run.process.signal(SIGINT)
                _ = try run.outcome()
            }
        }

        @Test("refuses intervals that can't be, and says where there is no daemon")
        func refusals() throws {
            try Fixture.run { fixture in
                let lines = [
                    ("top --interval 1ms", 2), ("top --sort size", 2),
                    ("--socket \(fixture.folder)/none top --once", 3),
                ]
                for (line, status) in lines {
                    let outcome = try Parctl(line, in: fixture).outcome()
                    #expect(outcome.status == Int32(status))
                }
            }
        }

        /// script(1) of util-linux has the program on a terminal of its own.
        private static let script = "/usr/bin/script"
        private static let enter = "\u{1B}[?1049h"
        private static let leave = "\u{1B}[?1049l"

        @Test(
            "gives the terminal back as it was, however it ends",
            .enabled(if: FileManager.default.isExecutableFile(atPath: script), "script is not installed"),
            arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, 0])
        func terminal(signal: Int32) throws {
            try Daemon.run { daemon in
                let keys = daemon.fixture.temporary + "/keys"
                try Data((signal == 0 ? "srq" : "").utf8).write(to: URL(fileURLWithPath: keys))
                defer { try? FileManager.default.removeItem(atPath: keys) }
                // The shell tells what the terminal is set to, before and after.
                let settings = "stty -a | grep -o '.icanon\\|.echo ' | tr -d '\\n'"
                let top = "\(try Program.parctl.path) --socket \(daemon.socket) top --interval 200ms"
                let child = try Child(
                    Self.script, ["-qec", "\(settings); \(top); \(settings)", "/dev/null"],
                    environment: daemon.fixture.environment(["TERM": "xterm", "SHELL": "/bin/bash"]), input: keys)
                if signal != 0 {
                    try #require(eventually { child.output.text.contains("q end") }, "nothing is shown")
                    let shown = daemon.fixture.processes.filter { Self.name(of: $0) == "parctl" }
                    try #require(shown.count == 1)
                    kill(pid_t(shown[0]), signal)
                }
                try #require(child.end(within: 30) != nil, "top did not end")
                #expect(child.output.isOver(within: 10))
                let text = child.output.text
                let parts = text.components(separatedBy: Self.enter)
                try #require(parts.count == 2, "\(text)")
                let rest = parts[1].components(separatedBy: Self.leave)
                try #require(rest.count == 2, "\(text)")
                // Lines, and what is typed is shown; a dash would stand before what is off.
                for settings in [parts[0], rest[1]] {
                    #expect(settings.contains(" icanon") && settings.contains(" echo "), "\(settings)")
                }
            }
        }

        private static func name(of pid: Int) -> String {
            let text = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
            return text?.filter { !$0.isNewline } ?? ""
        }

        @Test("ends with the daemon, and says so")
        func daemonEnds() throws {
            try Daemon.run { daemon in
                let top = try daemon.start("top --json --interval 100ms")
                #expect(eventually { top.process.output.text.contains("\n") })
                daemon.stop()
                let outcome = try top.outcome()
                #expect(outcome.status == 3)
                #expect(outcome.errors.contains("closed the connection"))
            }
        }
    }
}
