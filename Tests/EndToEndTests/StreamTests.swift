import Foundation
import Testing

extension EndToEnd {
    @Suite("When parctl lacks what it needs, it says so and ends with 1")
    struct StreamTests {
        /// Runs a line of the shell's in which `parctl` is the program, beside a daemon.
        private func shell(_ line: String) throws -> Parctl.Outcome {
            var outcome: Parctl.Outcome?
            try Daemon.run { daemon in
                let program = try Program.parctl.path
                let variables = ["PARD_SOCKET": daemon.socket]
                let process = try Child(
                    "/bin/sh", ["-c", line.replacing("parctl", with: "'\(program)'")],
                    environment: daemon.fixture.environment(variables))
                outcome = try Parctl(process: process).outcome()
            }
            return try #require(outcome)
        }

        @Test(
            "as standard output is closed or full",
            arguments: ["run noop", "run noop --json", "ping", "status --json", "--help", "completions bash"])
        func output(line: String) throws {
            for (redirection, reason) in [(">&-", "it is closed"), ("> /dev/full", "No space left on device")] {
                let outcome = try shell("exec parctl \(line) \(redirection)")
                #expect(outcome.status == 1)
                #expect(outcome.output == "")
                #expect(outcome.errors.hasPrefix("parctl: can't write to standard output: \(reason)"))
                #expect(outcome.errors.split(separator: "\n").count == 1)
            }
        }

        @Test("but not where all standard streams are closed and nothing is to be printed")
        func allClosed() throws {
            #expect(try shell("exec parctl run exec --quiet -- true ::: a <&- >&- 2>&-").status == 0)
        }

        @Test("or says nothing, as its reader went away")
        func reader() throws {
            let outcome = try shell("(parctl run noop; echo $? >&2) | true")
            #expect(outcome.errors == "1\n" || outcome.errors == "0\n")
        }

        @Test("or leaves with a message, as the user wants to and nobody reads")
        func unread() throws {
            try Daemon.run { daemon in
                let pipe = daemon.fixture.temporary + "/pipe"
                #expect(mkfifo(pipe, 0o600) == 0)
                let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
                try #require(reader >= 0)
                defer { close(reader) }
                let words = "run exec -q sh -c 'yes | head -c 1000000' ::: a b > '\(pipe)'"
                let process = try Child(
                    "/bin/sh", ["-c", "exec '\(try Program.parctl.path)' \(words)"],
                    environment: daemon.fixture.environment(["PARD_SOCKET": daemon.socket]))
                // A pipe holds less than a command writes: once there is something in it, the rest waits.
                let isBegun = eventually {
                    var unread: Int32 = 0
                    return ioctl(reader, UInt(FIONREAD), &unread) == 0 && unread > 0
                }
                #expect(isBegun)
                process.signal(SIGINT)
                #expect(process.end(within: 20) == .exit(130))
                #expect(process.errors.isOver(within: 5))
                #expect(process.errors.text == "parctl: nobody reads the output: left without the rest of it\n")
                try FileManager.default.removeItem(atPath: pipe)
            }
        }

        @Test("as it may open no more files")
        func files() throws {
            let outcome = try shell("ulimit -n 4; exec parctl run noop")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("Too many open files; raise the limit with 'ulimit -n'"))
        }

        @Test("as it has too little memory")
        func memory() throws {
            let outcome = try shell("ulimit -v 38000; exec parctl run noop")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("'ulimit -v' allows 37 MiB"))
        }
    }
}
