import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("Commands")
    struct ExecTests {
        @Test(
            "run on every kind of worker, each once, and their receipt tells spawn from command",
            arguments: ["--serial", "--threads 2", "--processes 2", "--processes 2 --threads 2"], ["", "--cold"])
        func kinds(shape: String, cold: String) throws {
            try Daemon.run { daemon in
                let shape = "\(shape) \(cold) --json".split(separator: " ").map(String.init)
                let outcome = try daemon.exec(shape + ["echo", ":::", "a", "b", "c"])
                #expect(outcome.status == 0)
                #expect(Set(outcome.errors.split(separator: "\n")) == ["a", "b", "c"])
                let receipt = try outcome.receipt
                expectSound(receipt)
                #expect(receipt.tasks == Tasks(ok: 3))
                #expect(receipt.figures.map(\.name).prefix(2) == ["spawn", "command"])
                let known = receipt.figures.filter { $0.name != "peak memory" }
                #expect(known.allSatisfy { $0.count == 3 && $0.min <= $0.p50 && $0.p50 <= $0.max })
                #expect(receipt.task.cpuCovered == 3)
                // What a task takes beside its command is the worker's part.
                let own = receipt.figures.filter { ["spawn", "command"].contains($0.name) }.reduce(0) { $0 + $1.sum }
                #expect(own <= receipt.task.sum)
            }
        }

        @Test("have the caller's directory, umask and environment, nothing to read, and three descriptors")
        func context() throws {
            try Daemon.run { daemon in
                let script = "pwd; umask; echo $WISH; cat; ls /proc/self/fd | wc -l; exec ps -o pgid= -o pid= -p $$"
                let outcome = try daemon.exec(["-q", "sh", "-c", script, ":::", ""], variables: ["WISH": "granted"])
                let lines = outcome.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                try #require(lines.count == 5, "\(outcome)")
                #expect(lines[0] == daemon.fixture.folder)
                #expect(Int(lines[1], radix: 8) == 0o022)
                #expect(lines[2] == "granted")
                // ls has the directory itself open beside the three.
                #expect(lines[3] == "4")
                let numbers = lines[4].split(separator: " ")
                #expect(numbers.first == numbers.last)
            }
        }

        @Test("keep their output apart, and print it whole even where much of it comes at a time")
        func output() throws {
            try Daemon.run { daemon in
                let script =
                    "for i in 1 2 3 4 5 6 7 8; do head -c 50000 /dev/zero | tr '\\0' {}; echo >&2 {}; done; echo"
                let outcome = try daemon.exec(["-q", "--threads", "4", "sh", "-c", script, ":::", "a", "b", "c", "d"])
                #expect(outcome.status == 0)
                let lines = outcome.output.split(separator: "\n")
                #expect(lines.map(\.count) == [400_000, 400_000, 400_000, 400_000])
                #expect(lines.allSatisfy { Set($0).count == 1 })
                let errors = outcome.errors.split(separator: "\n").map(String.init)
                #expect(errors.count == 32)
                for first in stride(from: 0, to: 32, by: 8) { #expect(Set(errors[first..<first + 8]).count == 1) }
            }
        }

        @Test("come in the order of their arguments when that is asked for, tagged when that is")
        func order() throws {
            try Daemon.run { daemon in
                let script = "sleep 0.0$((4 - {#})); echo {}; printf x{}"
                let words = ["-q", "-k", "--tag", "--threads", "4", "sh", "-c", script]
                let outcome = try daemon.exec(words + [":::", "a", "b", "c"])
                #expect(outcome.output == "a\ta\na\txab\tb\nb\txbc\tc\nc\txc")
            }
        }

        @Test("take arguments from a file, from standard input, and with a NUL behind each")
        func arguments() throws {
            try Daemon.run { daemon in
                #expect(
                    try daemon.exec(["-q", "-k", "echo"], reading: "one\ntwo words\n").output == "one\ntwo words\n")
                #expect(try daemon.exec(["-q", "-k", "-0", "echo"], reading: "a\nb\0c").output == "a\nb\nc\n")
                let list = daemon.fixture.temporary + "/list"
                try Data("1\n2\n".utf8).write(to: URL(fileURLWithPath: list))
                #expect(try daemon.exec(["-q", "-k", "-a", list, "echo"]).output == "1\n2\n")
                try FileManager.default.removeItem(atPath: list)
                let missing = try daemon.exec(["-a", list, "echo"])
                #expect(missing.status == 255)
                #expect(missing.errors.contains("\(list) can't be read: No such file"))
            }
        }

        @Test("fail alone, with their exit code or signal, and are counted in the exit status")
        func failures() throws {
            try Daemon.run { daemon in
                let script = "case {} in 3) exit 3;; k) kill -9 $$;; esac; echo {}"
                let words = ["--json", "--records", "--threads", "2", "sh", "-c", script, ":::", "a", "3", "k", "b"]
                let outcome = try daemon.exec(words)
                #expect(outcome.status == 2)
                let records = try outcome.records
                #expect(records.map(\.status) == ["ok", "failed", "failed", "ok"])
                #expect(records.map(\.command?.exitCode) == [0, 3, -1, 0])
                #expect(records.map(\.command?.signal) == [0, 0, 9, 0])
                #expect(
                    try outcome.receipt.failures.map(\.reason).sorted() == [
                        "the command ended with exit code 3", "the command was ended by signal 9",
                    ])
                #expect(Set(outcome.errors.split(separator: "\n")).isSuperset(of: ["a", "b"]))
            }
        }

        @Test(
            "that can't be started say why, and the others run",
            arguments: [
                ("nosuchcommand", 127, "command not found"), ("./plain", 126, "Permission denied"),
                ("/nonexistent/x", 127, "No such file"), ("/", 126, "Permission denied"),
            ])
        func unstartable(name: String, code: Int, reason: String) throws {
            try Daemon.run { daemon in
                let plain = daemon.fixture.folder + "/plain"
                try Data("text".utf8).write(to: URL(fileURLWithPath: plain))
                let outcome = try daemon.exec(["--json", "--records", "{}", ":::", name, "true"])
                try FileManager.default.removeItem(atPath: plain)
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains(reason))
                #expect(try outcome.records.map(\.command?.exitCode) == [code, 0])
            }
        }

        @Test("that can't be started for want of descriptors say so, and not that something is missing")
        func descriptors() throws {
            try Daemon.run { daemon throws in
                for limit in [4, 7] {
                    for pid in try daemon.pool("threads").pids {
                        let tool = try Child(
                            "/usr/bin/prlimit", ["--pid", "\(pid)", "--nofile=\(limit):"],
                            environment: daemon.fixture.environment())
                        #expect(tool.end() == .exit(0))
                    }
                    let outcome = try daemon.exec(["-q", "--threads", "1", "true", ":::", "a"])
                    #expect(outcome.status == 1)
                    #expect(outcome.errors.contains("starting the command: Too many open files"), "\(outcome.errors)")
                }
            }
        }

        @Test("have no signal blocked or ignored, no lower limits than the daemon, and nobody's priority but its own")
        func inheritance() throws {
            try Daemon.run { daemon in
                let script = "cat /proc/self/status /proc/self/limits; cat /proc/self/oom_score_adj; nice"
                let outcome = try daemon.exec(["-q", "--threads", "1", "sh", "-c", script, ":::", "a"])
                #expect(outcome.status == 0)
                for name in ["SigBlk", "SigIgn"] { #expect(outcome.output.contains("\(name):\t0000000000000000\n")) }
                let own = try String(contentsOfFile: "/proc/\(daemon.process.pid)/limits", encoding: .utf8)
                for line in own.split(separator: "\n") where !line.hasPrefix("Max file locks") {
                    #expect(outcome.output.contains(line), "\(line)")
                }
                // Where memory is short, they are ended before the daemon.
                let score = try String(contentsOfFile: "/proc/\(daemon.process.pid)/oom_score_adj", encoding: .utf8)
                let sooner = min(try #require(Int(score.dropLast())) + 200, 1000)
                let nice = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                #expect(outcome.output.hasSuffix("\n\(sooner)\n\(nice)\n"))
            }
        }

        @Test("have no directory to run in where that is gone, which is said before anything is run")
        func directoryGone() throws {
            try Daemon.run { daemon in
                let script = """
                    mkdir gone && cd gone && rmdir ../gone && \
                    exec '\(try Program.parctl.path)' --socket '\(daemon.socket)' run exec touch ::: /tmp/never
                    """
                let outcome = try Child(
                    "/usr/bin/env", ["-C", daemon.fixture.folder, "sh", "-c", script],
                    environment: daemon.fixture.environment())
                #expect(outcome.end() == .exit(255))
                #expect(outcome.errors.isOver(within: 10))
                #expect(
                    outcome.errors.text.contains("\(daemon.fixture.folder)/gone (deleted)"), "\(outcome.errors.text)")
            }
        }

        @Test("may use every processor, and timers as exact as those of others", arguments: ["threads", "processes"])
        func unbound(kind: String) throws {
            try Daemon.run { daemon in
                let own = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                let processors = try #require(own.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") })
                let script = "grep Cpus_allowed_list /proc/self/status; cat /proc/self/timerslack_ns"
                let arguments = (1...100).map(String.init)
                let outcome = try daemon.exec(["-q", "--\(kind)", "4", "sh", "-c", script, ":::"] + arguments)
                // Only a process's first thread may read it.
                let other = try Child(
                    "/bin/cat", ["/proc/self/timerslack_ns"], environment: daemon.fixture.environment())
                #expect(other.end() == .exit(0) && other.output.isOver(within: 10))
                let slack = String(decoding: other.output.data, as: UTF8.self).dropLast()
                let lines = Set(outcome.output.split(separator: "\n"))
                #expect(lines == [processors, slack])
            }
        }

        @Test("have their output in the order of their ends, even of ends that come together")
        func orderOfEnds() throws {
            try Daemon.run { daemon throws in
                let place = daemon.fixture.folder
                let command = "echo $$ > {}.new; mv {}.new {}.pid; while [ ! -e {}.go ]; do sleep 0.01; done; echo {}"
                let run = try Parctl(
                    words: ["--socket", daemon.socket, "run", "exec", "-q", "--processes", "2", "--shell", command]
                        + [":::", "1", "2"], in: daemon.fixture)
                func pid(_ name: String) -> Int? {
                    let text = try? String(contentsOfFile: "\(place)/\(name).pid", encoding: .utf8)
                    return text.flatMap { Int($0.dropLast()) }
                }
                try #require(eventually { pid("1") != nil && pid("2") != nil })
                // What its workers tell meanwhile, it hears at once.
                daemon.process.signal(SIGSTOP)
                for name in ["2", "1"] {
                    let command = try #require(pid(name))
                    // Its worker is asleep again once it has told.
                    let worker = try #require(Processes.parent(of: command))
                    try Data().write(to: URL(fileURLWithPath: "\(place)/\(name).go"))
                    #expect(eventually { !Processes.all.contains(command) && Processes.isAsleep(worker) })
                }
                daemon.process.signal(SIGCONT)
                #expect(try run.outcome().output == "2\n1\n")
                for name in ["1.pid", "1.go", "2.pid", "2.go"] { unlink("\(place)/\(name)") }
            }
        }

        @Test("whose output has been taken away are told of, and the run goes on to its receipt")
        func outputGone() throws {
            try Daemon.run { daemon in
                let folder = daemon.fixture.folder
                let script = "echo {}; if [ {} = 1 ]; then until [ -e \(folder)/go ]; do sleep 0.01; done; fi"
                let parctl = try Parctl(
                    words: ["--socket", daemon.socket, "run", "exec", "--threads", "2", "-k", "sh", "-c", script]
                        + [":::", "1", "2"], in: daemon.fixture)
                func spools() -> [String] { daemon.fixture.files.filter { $0.contains("/exec-") } }
                #expect(eventually { spools().count == 2 })
                for file in spools() { try FileManager.default.removeItem(atPath: "\(folder)/\(file)") }
                try Data().write(to: URL(fileURLWithPath: "\(folder)/go"))
                let outcome = try parctl.outcome()
                #expect(outcome.status == 0)
                #expect(outcome.errors.contains("what the command wrote is lost"))
                #expect(outcome.errors.contains("all 2 tasks ok"))
                try FileManager.default.removeItem(atPath: "\(folder)/go")
            }
        }

        @Test("that fail are named to a terminal without what it would take for a command of its own")
        func unclean() throws {
            try Daemon.run { daemon in
                let outcome = try daemon.exec(["-q", "sh", "-c", "kill -9 $$", "{}", ":::", "\u{1B}]0;title\u{7}"])
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains(#"\e]0;title\x07"#))
                #expect(!outcome.errors.contains("\u{1B}"))
            }
        }

        @Test("are noted in a joblog, by which a later run goes on")
        func joblog() throws {
            try Daemon.run { daemon in
                let log = daemon.fixture.folder + "/log"
                _ = try daemon.exec(["-q", "--joblog", log, "sh", "-c", "exit {}", ":::", "0", "5"])
                let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
                #expect(lines.first?.hasPrefix("Seq\tHost\tStarttime\tJobRuntime") == true)
                let fields = lines.dropFirst().map { $0.split(separator: "\t").map(String.init) }.sorted {
                    $0[0] < $1[0]
                }
                #expect(fields.map { $0[6] } == ["0", "5"])
                #expect(fields.map { $0[8] } == ["sh -c 'exit 0'", "sh -c 'exit 5'"])
                let next = try daemon.exec(["-q", "-k", "--joblog", log, "--resume", "echo", ":::", "a", "b", "c"])
                #expect(next.output == "c\n")
                let again = try daemon.exec(["-q", "--joblog", log, "--resume", "echo", ":::", "a", "b", "c"])
                #expect(again.status == 0 && again.output == "")
                let anew = try daemon.exec(["-q", "--joblog", log, "echo", ":::", "d"])
                #expect(anew.status == 0)
                #expect(try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count == 2)
                let refused = try daemon.exec(["--joblog", "/nonexistent/log", "echo", ":::", "a"])
                #expect(refused.status == 255 && refused.errors.contains("nothing was run"))
                try FileManager.default.removeItem(atPath: log)
            }
        }

        @Test("are not run where $PARALLEL has what can't be, which is said to be there")
        func wrongVariable() throws {
            try Daemon.run { daemon in
                let cases = [
                    ("-k -Z", "unknown option '-Z'"), ("--semaphore", "--semaphore"),
                    ("--nonsense=3", "unknown option '--nonsense'"), ("--joobs=2", "did you mean '--jobs'?"),
                ]
                for (value, reason) in cases {
                    let outcome = try daemon.exec(["echo", ":::", "a"], variables: ["PARALLEL": value])
                    #expect(outcome.status == 255 && outcome.output.isEmpty)
                    #expect(outcome.errors.contains("in $PARALLEL, ") && outcome.errors.contains(reason))
                }
            }
        }

        @Test("run by no shell unless one is asked for, and then get their argument quoted")
        func shell() throws {
            try Daemon.run { daemon in
                let bare = try daemon.exec(["-q", "echo", "$HOME {};", ":::", "it's"]).output
                #expect(bare == "$HOME it's;\n")
                let shelled = try daemon.exec(["-q", "--shell", "echo", "{} | tr a-z A-Z", ":::", "it's"]).output
                #expect(shelled == "IT'S\n")
            }
        }

        @Test("are refused by a daemon that allows none, before anything is run")
        func refused() throws {
            try Daemon.run("--allow-exec false") { daemon in
                let outcome = try daemon.exec(["touch", "made", ":::", "a"])
                #expect(outcome.status == 255)
                #expect(outcome.errors.contains("allow-exec"))
            }
        }
    }
}
