import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("parctl prints")
    struct OutputTests {
        /// Command lines, and words that are in what they print.
        private static let texts: [(String, [String])] = [
            ("ping", ["pard answers at"]), ("status", ["ready", "zygote", "workers", "limits", "connections 512"]),
            ("pools", ["threads", "processes", "ready"]), ("pools list", ["threads"]), ("jobs", ["no jobs"]),
            ("workloads", ["noop", "sleep", "cpu", "io", "--size", "8MiB"]), ("workloads io", ["page cache"]),
            ("version", ["parctl \(Version.current)", "pard \(Version.current)"]), ("--version", [Version.current]),
            ("completions bash", ["parctl"]), ("completions zsh", ["#compdef parctl"]),
            ("completions fish", ["complete -c", "parctl"]), ("--help", ["EXIT STATUS", "124", "130", "EXAMPLES"]),
            ("run --help", ["--threads", "--processes", "--serial", "--cold", "--timeout", "--records", "--json"]),
            ("compare --help", ["--workers", "--runs", "--no-cold", "--markdown", "EXAMPLES", "6 rounds"]),
            ("compare io --help", ["--size", "page cache"]), ("run io --help", ["--size", "--fsync", "page cache"]),
            ("pools resize --help", ["how many workers"]),
            ("run io --threads 4", ["4 threads", "warm", "all 16 tasks ok", "startup", "teardown", "speed-up"]),
        ]

        /// Command lines, and keys of the document that they print.
        private static let documents: [(String, [String])] = [
            ("ping", ["socket", "round_trip"]), ("status", ["version", "state", "pid", "zygote_pid", "limits"]),
            ("pools", ["pools"]), ("jobs", ["jobs"]), ("workloads", ["workloads"]),
            ("version", ["parctl", "pard"]),
            ("pools resize threads 3", ["pool"]), ("pools recycle threads", ["pool"]), ("run noop", ["schema"]),
            ("run noop --records", ["schema", "records"]),
        ]

        @Test("what people read", arguments: texts)
        func text(line: String, words: [String]) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl(line)
                #expect(outcome.status == 0)
                #expect(outcome.errors == "")
                for word in words {
                    #expect(outcome.output.localizedCaseInsensitiveContains(word), "parctl \(line): \(outcome.output)")
                }
                #expect(outcome.output.hasSuffix("\n"))
                #expect(!outcome.output.contains("\u{1B}"), "colours where nobody can see them")
            }
        }

        @Test("colours when asked to, whatever it writes to", arguments: ["status", "run noop", "pools"])
        func colours(line: String) throws {
            try Daemon.run { daemon in
                let (always, never) = (
                    try daemon.parctl("\(line) --color always"), try daemon.parctl("\(line) --color never")
                )
                #expect(always.output.contains("\u{1B}["))
                #expect(!never.output.contains("\u{1B}"))
            }
        }

        @Test("one JSON document a line, for programs", arguments: documents)
        func json(line: String, keys: [String]) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("\(line) --json")
                #expect(outcome.status == 0)
                #expect(Set(try outcome.object().keys).isSuperset(of: keys))
                #expect(outcome.output.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
            }
        }

        @Test("every workload of the catalogue in the help of run, with its options")
        func catalogue() throws {
            try Daemon.run { daemon in
                let workloads = try daemon.parctl("workloads --json").decoded(as: ListWorkloads.Reply.self)
                #expect(try daemon.call(ListWorkloads.method, as: ListWorkloads.Reply.self) == workloads)
                let help = try daemon.parctl("run --help").output
                for workload in workloads.workloads {
                    #expect(help.contains("  \(workload.name)"))
                    for option in workload.options { #expect(help.contains("[--\(option.name)")) }
                }
            }
        }

        @Test(
            "to nobody without a crash",
            arguments: [
                "ping", "status", "pools", "workloads", "--help", "completions bash", "run noop", "run noop --json",
                "run noop --tasks 20000 --records --json",
            ])
        func unheard(line: String) throws {
            try Daemon.run { daemon in
                let parctl = try Parctl("--socket \(daemon.socket) \(line)", in: daemon.fixture, isHeard: false)
                let outcome = try parctl.outcome()
                #expect(outcome.status == 1)
                #expect(outcome.errors == "")
                #expect(try eventually { try daemon.jobs.isEmpty })
            }
        }

        @Test("to a reader that doesn't read, until it is interrupted", arguments: [SIGINT, SIGTERM])
        func unread(signal: Int32) throws {
            try Daemon.run { daemon in
                let fifo = daemon.fixture.folder + "/fifo"
                try #require(mkfifo(fifo, 0o600) == 0)
                // Both ends are open here, so that it takes writes, and fills up.
                let reader = open(fifo, O_RDWR | O_CLOEXEC)
                defer {
                    close(reader)
                    unlink(fifo)
                }
                let line = "run noop --tasks 20000 --records --json >'\(fifo)'"
                let shell = try Child(
                    "/bin/sh", ["-c", "exec '\(try Program.parctl.path)' --socket '\(daemon.socket)' \(line)"],
                    environment: daemon.fixture.environment())
                let isFull = eventually {
                    var state = pollfd(fd: reader, events: Int16(POLLOUT), revents: 0)
                    return poll(&state, 1, 0) == 0
                }
                #expect(isFull)
                shell.signal(signal)
                #expect(shell.end() == .signal(signal))
            }
        }

        @Test("help that a full device can't take, without a crash")
        func full() throws {
            try Fixture.run { fixture in
                let line = "exec '\(try Program.parctl.path)' --help >/dev/full"
                let shell = try Child("/bin/sh", ["-c", line], environment: fixture.environment())
                #expect(shell.end() == .exit(1))
                #expect(shell.errors.isOver(within: 10))
                #expect(shell.errors.text.contains("can't write to standard output"))
            }
        }
    }
}
