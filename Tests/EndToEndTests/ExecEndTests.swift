import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("Commands that have to end")
    struct ExecEndTests {
        @Test("that take too long are ended, with all that they have started")
        func timeout() throws {
            try Daemon.run { daemon in
                let script = "trap '' TERM; sleep 61 & sleep 62"
                let outcome = try daemon.exec(["--json", "--timeout", "100ms", "sh", "-c", script, ":::", "a"])
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("took longer than its timeout"))
                #expect(eventually { !daemon.fixture.processes.contains { Processes.line(of: $0).contains("sleep") } })
            }
        }

        @Test(
            "don't wait for what has left their group and holds their outputs open", arguments: ["timeout", "output"])
        func escaped(cause: String) throws {
            try Daemon.run("--cancel-grace 40s") { daemon in
                let script = "setsid sh -c 'yes | head -c 100000; exec sleep 61' & wait"
                let limit = cause == "timeout" ? ["--timeout", "300ms"] : ["--output-limit", "4KiB"]
                let outcome = try daemon.exec(
                    ["-q", "--json", "--records"] + limit + ["sh", "-c", script + " >&2", ":::", "a"])
                #expect(outcome.status == 1)
                #expect(try outcome.records.first?.command?.cause == cause)
                // Half of the time that they have is 20 s.
                #expect(try outcome.receipt.phases.run < 10_000_000_000)
                // The guardian does that, and the reply doesn't wait for it.
                #expect(eventually { !daemon.fixture.processes.contains { Processes.line(of: $0).contains("sleep") } })
            }
        }

        @Test("have their time to end, though the first of them has ended at once")
        func lateMember() throws {
            try Daemon.run("--cancel-grace 40s") { daemon in
                // They have to end as they write too much, which they do once the trap is there.
                let trap = "trap 'sleep 0.3; echo late; exit' TERM"
                let script = "(\(trap); yes | head -c 9000 >&2; while :; do sleep 0.1; done) & wait"
                let outcome = try daemon.exec(["-q", "--output-limit", "4KiB", "sh", "-c", script, ":::", "a"])
                #expect(outcome.status == 1)
                #expect(outcome.output == "late\n")
            }
        }

        @Test("and make an exit code of it have failed all the same, which is told, recorded and logged")
        func gracefulEnd() throws {
            try Daemon.run { daemon throws in
                for code in [0, 3] {
                    let log = daemon.fixture.folder + "/log"
                    let script = "trap 'exit \(code)' TERM; sleep 61 & wait"
                    // The trap has to be there by then.
                    let outcome = try daemon.exec([
                        "--json", "--records", "--timeout", "3s", "--joblog", log, "sh", "-c", script, ":::", "a",
                    ])
                    #expect(outcome.status == 1)
                    #expect(outcome.errors.contains("took longer than its timeout"))
                    let record = try #require(try outcome.records.first)
                    #expect(record.status == "failed")
                    #expect(record.command?.exitCode == code && record.command?.cause == "timeout")
                    let line = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")[1]
                    #expect(line.split(separator: "\t")[6] == "-1")
                    try FileManager.default.removeItem(atPath: log)
                }
            }
        }

        @Test("are ended when their run is cancelled, and when their worker is killed", arguments: [true, false])
        func ended(byCancelling: Bool) throws {
            try Daemon.run { daemon in
                let parctl = try Parctl(
                    words: ["--socket", daemon.socket, "run", "exec", "sh", "-c", "sleep 61; true", ":::", "a"],
                    in: daemon.fixture)
                func sleepers() -> [Int] {
                    daemon.fixture.processes.filter { Processes.line(of: $0).hasPrefix("sleep") }
                }
                #expect(eventually { sleepers().count == 1 })
                if byCancelling {
                    parctl.process.signal(SIGINT)
                } else {
                    for pid in try daemon.pool("threads").pids { kill(pid_t(pid), SIGKILL) }
                }
                let outcome = try parctl.outcome()
                #expect(outcome.status == (byCancelling ? 130 : 1))
                #expect(eventually { sleepers().isEmpty })
            }
        }

        @Test("are ended with their worker at once, and all that they have started, whatever the other workers do")
        func endedAtOnce() throws {
            try Daemon.run { daemon in
                let script = "if [ {} = 1 ]; then (exec sleep 61) & wait; else sleep 62; fi"
                let parctl = try Parctl(
                    words: ["--socket", daemon.socket, "run", "exec", "--processes", "2", "-q", "--shell", script]
                        + [":::", "1", "2"], in: daemon.fixture)
                func sleepers(_ time: Int) -> [Int] {
                    daemon.fixture.processes.filter { Processes.line(of: $0).hasPrefix("sleep \(time)") }
                }
                #expect(eventually { sleepers(61).count == 1 && sleepers(62).count == 1 })
                let shell = try #require(Processes.parent(of: sleepers(61)[0]))
                kill(pid_t(try #require(Processes.parent(of: shell))), SIGKILL)
                #expect(eventually { sleepers(61).isEmpty })
                #expect(sleepers(62).count == 1)
                parctl.process.signal(SIGINT)
                #expect(try parctl.outcome().status == 130)
                #expect(eventually { sleepers(62).isEmpty })
            }
        }

        @Test("that are killed with their worker in a cancelled run show nothing of what ran before")
        func nothingStale() throws {
            try Daemon.run("--cancel-grace 0") { daemon throws in
                for _ in 0..<4 {
                    let line = String(repeating: "SECRET ", count: 100)
                    #expect(try daemon.exec(["-q", "--processes", "1", "echo", line, ":::", "1", "2"]).status == 0)
                    let made = daemon.fixture.folder + "/started"
                    let script = "trap '' TERM; touch \(made); while :; do sleep 0.01; done"
                    let parctl = try Parctl(
                        words: ["--socket", daemon.socket, "run", "exec", "--processes", "1", "--json", "--records"]
                            + ["sh", "-c", script, ":::", "1", "2"], in: daemon.fixture)
                    #expect(eventually { FileManager.default.fileExists(atPath: made) })
                    parctl.process.signal(SIGINT)
                    let outcome = try parctl.outcome()
                    #expect(outcome.status == 130)
                    #expect(!outcome.errors.contains("SECRET"))
                    #expect(try outcome.records.map(\.status) == ["cancelled", "cancelled"])
                    #expect(try outcome.records.allSatisfy { $0.command?.stdoutBytes ?? 0 == 0 })
                    try FileManager.default.removeItem(atPath: made)
                }
            }
        }

        @Test("that are asked to end have their time for it, and so have those that they have started")
        func childrensTime() throws {
            try Daemon.run { daemon in
                // They have to end as they write too much, which they do once the trap is there.
                let child = "trap 'sleep 0.1; echo cleaned; exit' TERM; yes | head -c 9000 >&2; sleep 61 & wait"
                let outcome = try daemon.exec([
                    "-q", "--output-limit", "4KiB", "sh", "-c", "sh -c \"\(child)\" & wait", ":::", "a",
                ])
                #expect(outcome.status == 1)
                #expect(outcome.output == "cleaned\n")
            }
        }

        @Test("that write faster than can be read are ended in time all the same")
        func torrent() throws {
            try Daemon.run { daemon in
                // A large pipe is never found empty.
                let script = """
                    import fcntl, os
                    fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20)
                    while True: os.write(1, b"x" * 65536)
                    """
                let request = Run.Request(
                    workload: "exec", arguments: ["timeout": "300ms", "output-limit": "1000GiB"], mode: .serial,
                    inputs: [["/usr/bin/env", "python3", "-c", script]])
                let receipt = try #require(try daemon.call(Run.method, request, as: Run.Reply.self).receipt)
                #expect(receipt.failures.first?.reason.contains("timeout") == true)
                let command = try #require(receipt.figures.first { $0.name == "command" })
                #expect(command.max < 1_500_000_000)
            }
        }

        @Test("are ended by an interrupt while nobody reads what they write, and a second one ends parctl")
        func unread() throws {
            try Daemon.run { daemon in
                let fifo = daemon.fixture.folder + "/fifo"
                try #require(mkfifo(fifo, 0o600) == 0)
                // Both ends are open here, so that it takes writes, and fills up.
                let reader = open(fifo, O_RDWR | O_CLOEXEC)
                defer {
                    close(reader)
                    unlink(fifo)
                }
                func isFull() -> Bool {
                    var state = pollfd(fd: reader, events: Int16(POLLOUT), revents: 0)
                    return poll(&state, 1, 0) == 0
                }
                func sleepers() -> [Int] {
                    daemon.fixture.processes.filter { Processes.line(of: $0).hasPrefix("sleep") }
                }
                let script = "case {} in 1) head -c 1000000 /dev/zero;; 2) exec sleep 61;; esac"
                let parctl = "'\(try Program.parctl.path)' --socket '\(daemon.socket)'"
                let shell = try Child(
                    "/bin/sh",
                    ["-c", "exec \(parctl) run exec --threads 2 sh -c '\(script)' ::: 1 2 >'\(fifo)'"],
                    environment: daemon.fixture.environment())
                #expect(eventually { isFull() && sleepers().count == 1 })
                shell.signal(SIGINT)
                #expect(eventually { sleepers().isEmpty })
                #expect(isFull())
                shell.signal(SIGINT)
                #expect(shell.end() == .exit(130))
                #expect(try eventually { try daemon.jobs.isEmpty })
            }
        }

        @Test(
            "are left by an interrupt where the daemon does not answer, and ended once it goes on",
            arguments: [[], ["--line-buffer"]])
        func silentDaemon(options: [String]) throws {
            try Daemon.run { daemon in
                func sleepers() -> [Int] {
                    daemon.fixture.processes.filter { Processes.line(of: $0).hasPrefix("sleep") }
                }
                let parctl = try Parctl(
                    words: ["--socket", daemon.socket, "run", "exec", "--threads", "2"] + options
                        + ["sleep", "6{}", ":::", "1", "2"], in: daemon.fixture)
                #expect(eventually { sleepers().count == 2 })
                daemon.process.signal(SIGSTOP)
                defer { daemon.process.signal(SIGCONT) }
                #expect(eventually { Processes.isStopped(Int(daemon.process.pid)) })
                parctl.process.signal(SIGINT)
                #expect(parctl.process.end(within: 10) == .exit(130))
                #expect(try parctl.outcome().errors.contains("the daemon does not answer"))
                #expect(sleepers().count == 2)
                daemon.process.signal(SIGCONT)
                #expect(eventually { sleepers().isEmpty })
            }
        }

        @Test(
            "are tried again when they fail, as often as is allowed, whoever sees to it",
            arguments: [[], ["--timeout", "10000%"]])
        func retries(options: [String]) throws {
            try Daemon.run { daemon in
                let script = "echo x >> tries; [ $(wc -l < tries) = 3 ]"
                let outcome = try daemon.exec(
                    ["--json", "--records", "--retries", "4"] + options + ["sh", "-c", script, ":::", "a"])
                #expect(outcome.status == 0)
                #expect(try outcome.records.map(\.attempt) == [3])
                #expect(try outcome.receipt.arguments["retries"] == "4")
                try FileManager.default.removeItem(atPath: daemon.fixture.folder + "/tries")
            }
        }

        @Test("halt after a failure: soon lets those that run end, now ends them", arguments: ["soon", "now"])
        func halt(when: String) throws {
            try Daemon.run { daemon in
                // The first one has begun when the second one fails, and goes on for long enough to be met by the halt.
                let rest = when == "soon" ? "0.5" : "60"
                let first = "touch begun; until [ -e failed ]; do sleep 0.01; done; sleep \(rest); touch one"
                let second = "until [ -e begun ]; do sleep 0.01; done; touch failed; exit 7"
                let script = "case {} in 1) \(first);; 2) \(second);; esac"
                let arguments = (1...20).map(String.init)
                let words = ["--json", "--threads", "2", "--halt", "\(when),fail=1", "sh", "-c", script, ":::"]
                let outcome = try daemon.exec(words + arguments)
                #expect(outcome.status == 7)
                let tasks = try outcome.receipt.tasks
                #expect(tasks.failed == 1)
                #expect(tasks.cancelled >= 17)
                for file in ["begun", "failed"] {
                    try FileManager.default.removeItem(atPath: "\(daemon.fixture.folder)/\(file)")
                }
                let one = daemon.fixture.folder + "/one"
                #expect(FileManager.default.fileExists(atPath: one) == (when == "soon"))
                if when == "soon" { try FileManager.default.removeItem(atPath: one) }
            }
        }

        @Test("that take their worker down count as failures that halt a run")
        func lostHalt() throws {
            try Daemon.run { daemon in
                let script = "kill -9 $PPID; sleep 61"
                let outcome = try daemon.exec([
                    "--json", "--records", "--processes", "1", "--halt", "soon,fail=1", "sh", "-c", script, ":::", "1",
                    "2",
                ])
                #expect(outcome.status == 1)
                #expect(try outcome.records.map(\.status) == ["lost", "cancelled"])
            }
        }

        @Test("give a run that one failure halts the exit code of the first to fail, however they are printed")
        func firstFailure() throws {
            try Daemon.run { daemon in
                // The first command ends once the second one is gone.
                let first = "until read pid < pid && ! kill -0 $pid; do sleep 0.01; done; exit 3"
                let script = "case {} in 1) \(first);; 2) echo $$ > new; mv new pid; exit 4;; esac"
                let outcome = try daemon.exec(
                    ["-q", "-k", "--threads", "2", "--halt", "soon,fail=1", "sh", "-c", script, ":::", "1", "2"])
                #expect(outcome.status == 4)
                try FileManager.default.removeItem(atPath: daemon.fixture.folder + "/pid")
            }
        }

        @Test("that write more than they may are ended, and what they may is kept")
        func limit() throws {
            try Daemon.run { daemon in
                let outcome = try daemon.exec(["-q", "--output-limit", "100kB", "yes", ":::", "a"])
                #expect(outcome.status == 1)
                #expect(outcome.data.count == 100_000)
                #expect(outcome.errors.contains("more than its output limit"))
            }
        }
    }
}
