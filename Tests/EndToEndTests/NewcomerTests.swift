import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("Somebody who is new here")
    struct NewcomerTests {
        @Test("sees what was typed at the top of a receipt, of a page and of a comparison, and no defaults")
        func titles() throws {
            try Daemon.run { daemon in
                let exec = try daemon.exec(["-j2", "--timeout", "5", "echo", "{}", ":::", "a", "b"])
                #expect(exec.errors.hasPrefix("exec --timeout 5s echo {} ::: a b · 2 threads · "))
                #expect(try daemon.parctl("run cpu --threads 2").output.hasPrefix("cpu · 2 threads · "))
                #expect(try daemon.parctl("run io --size 1KiB").output.hasPrefix("io --size 1KiB · "))
                let page = try daemon.parctl("run cpu --threads 2 --html -").output
                #expect(page.contains("<title>cpu · 2 threads</title>"))
                let compared = try daemon.parctl("compare cpu -r 1 --workers 2 --no-cold --tasks 1").output
                #expect(compared.hasPrefix("cpu · 1 task · 1 round\n"))
                #expect(!compared.contains("start-up: of a cold run"))
            }
        }

        @Test("may leave the receipt of any run out, and hears why it failed")
        func quiet() throws {
            try Daemon.run { daemon in
                for line in ["run noop -q", "run cpu --quiet --threads 2", "run -q exec true"] {
                    let outcome = try daemon.parctl(line)
                    #expect(outcome.output == "", "\(line)")
                }
                let failed = try daemon.parctl("run download http://127.0.0.1:1/ -q")
                #expect(failed.status == 1 && failed.output == "")
                #expect(failed.errors.hasPrefix("parctl: 1 of 1 task failed: "))
            }
        }

        @Test("is told at once that a comparison's command fails, with what it wrote, and that options came too late")
        func warmUp() throws {
            try Daemon.run { daemon in
                let outcome = try Parctl(
                    words: [
                        "--socket", daemon.socket, "compare", "exec", "ls", ":::", "no-such-file", "--workers", "2",
                    ],
                    in: daemon.fixture
                ).outcome()
                #expect(outcome.status == 1)
                #expect(outcome.output == "")
                #expect(outcome.errors.contains("'--workers' comes after ':::', so it is taken for an argument"))
                #expect(outcome.errors.contains("nothing was compared, as every task of the warm-up failed: "))
                #expect(outcome.errors.contains("  command: ls no-such-file\n"))
                #expect(outcome.errors.contains("  it wrote: ls: "))
                #expect(try daemon.status.jobsFinished == 1)
                let slot = try daemon.parctl("compare exec echo {%} ::: a")
                #expect(slot.status == 2 && slot.errors.contains("{%} is for 'parctl run exec'"))
            }
        }

        @Test("is told that a daemon is stopping while it still finishes a job")
        func draining() throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                let run = try daemon.start("run sleep --for 60s --threads 1 --tasks 1 --json")
                let job = try daemon.awaitJob()
                daemon.process.signal(SIGTERM)
                #expect(try eventually { try daemon.parctl("status").output.contains(" · draining · ") })
                let refused = try daemon.parctl("run noop")
                #expect(refused.status == 4)
                #expect(refused.errors.contains("the daemon is stopping: it finishes its jobs and takes no new ones"))
                #expect(try daemon.parctl("cancel \(job.job)").status == 0)
                #expect(try run.outcome().status == 130)
                #expect(daemon.process.end() == .exit(0))
                #expect(fixture.files == [])
            }
        }

        @Test("reads why Python code can't be loaded once")
        func refusal() throws {
            try Fixture.run { fixture in
                let outcome = try Parctl(
                    "run python json:loads --preload no_such_module 1", in: fixture,
                    variables: ["XDG_RUNTIME_DIR": fixture.folder]
                ).outcome()
                #expect(outcome.status == 4)
                #expect(outcome.errors.components(separatedBy: "No module named 'no_such_module'").count == 2)
            }
        }

        @Test("saves downloads and answers into a folder that isn't there yet, and goes on where it stopped")
        func folders() throws {
            try WebServer.run { (daemon, server) throws in
                let folder = daemon.fixture.folder + "/new/pages"
                let urls = "\(server.url)/size/10 \(server.url)/size/11"
                #expect(try daemon.parctl("run download \(urls) --output \(folder)").status == 0)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["10", "11"])
                try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/10"))
                #expect(try daemon.parctl("run download \(urls) --output \(folder)").status == 1)
                let more = try daemon.receipt(
                    "download \(urls) \(server.url)/size/12 --output \(folder) --skip-existing")
                #expect(more.tasks == Tasks(ok: 3) && more.valueSum == 12)
                #expect(try String(contentsOfFile: folder + "/10", encoding: .utf8) == "mine")
                let answers = daemon.fixture.folder + "/new/answers"
                let asked = try daemon.parctl("run api \(server.url)/size/7 1 2 --output \(answers)")
                #expect(asked.status == 0, "\(asked.output)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: answers).sorted() == ["1", "2"])
                #expect(try Data(contentsOf: URL(fileURLWithPath: answers + "/2")).count == 7)
                try FileManager.default.removeItem(atPath: daemon.fixture.folder + "/new")
            }
        }

        @Test("hears why the journal has nothing of a daemon that was started by hand", arguments: ["history", "logs"])
        func journal(command: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl(
                    "\(command) --unit no-such-unit.service --since 2020-01-01 --until 2020-01-02")
                #expect(outcome.status == 1 || outcome.status == 0)
                #expect(outcome.errors.contains("journal"))
            }
        }

        @Test("gets the help of 'parctl python' where a script's words would stand")
        func pythonHelp() throws {
            try Fixture.run { fixture in
                for line in ["python --help", "python --why --help"] {
                    let outcome = try Parctl(line, in: fixture).outcome()
                    #expect(outcome.status == 0 && outcome.output.contains("USAGE: parctl python"), "\(outcome.errors)")
                }
            }
        }

        @Test("is told the place in which no daemon can be started")
        func noPlace() throws {
            try Fixture.run { fixture in
                let outcome = try Parctl("start", in: fixture, variables: ["XDG_RUNTIME_DIR": "/proc"]).outcome()
                #expect(outcome.status == 2)
                #expect(outcome.errors.hasPrefix("parctl: can't write to '/proc/pard': "), "\(outcome.errors)")
            }
        }

        private static let script = "/usr/bin/script"

        @Test(
            "never sees the progress line on one line with a message",
            .enabled(if: FileManager.default.isExecutableFile(atPath: script), "script(1) makes the terminal"))
        func progress() throws {
            try Daemon.run { daemon in
                let line =
                    "\(try Program.parctl.path) --socket \(daemon.socket) run exec -q -j1 --delay 1ms --timeout 3s sleep ::: 60"
                let child = try Child(
                    Self.script, ["-qec", line, "/dev/null"], environment: daemon.fixture.environment(["TERM": "xterm"])
                )
                #expect(child.end() != nil && child.output.isOver(within: 10))
                let lines = child.output.text.components(separatedBy: "\n")
                #expect(lines.contains { $0.contains("running") }, "\(child.output.text.debugDescription)")
                let messages = lines.filter { $0.contains("parctl: sleep 60") }
                #expect(messages.count == 1)
                for message in messages {
                    let before = message.components(separatedBy: "parctl: ")[0]
                    #expect(before.isEmpty || before.hasSuffix("\r\u{1B}[K"), "\(message.debugDescription)")
                }
            }
        }

        @Test("gets an exit status other than 0 where what was written is lost")
        func lostOutput() throws {
            try Daemon.run { daemon in
                for words in [
                    "run exec -q echo ::: a", "run exec -qk echo ::: a", "run exec -qu echo ::: a", "run noop", "pools",
                ] {
                    let line = "\"$0\" --socket \"$1\" \(words) > /dev/full"
                    let child = try Child(
                        "/bin/sh", ["-c", line, Program.parctl.path, daemon.socket],
                        environment: daemon.fixture.environment())
                    #expect(child.end() != .exit(0), "\(words)")
                    #expect(child.errors.isOver(within: 10))
                    #expect(child.errors.text.contains("can't write to standard output: No space left"), "\(words)")
                }
            }
        }
    }
}
