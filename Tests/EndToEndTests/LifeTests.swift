import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("A daemon")
    struct LifeTests {
        @Test("that is told to stop lets the running job finish", arguments: [SIGTERM, SIGINT])
        func drain(signal: Int32) throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                var connection = try RawConnection(daemon.socket)
                let gate = try Gate(daemon, tasks: 8, "--threads", "2", "--json")
                daemon.process.signal(signal)
                // Connections that wait for nothing are let go once it has heard.
                #expect(try connection.next() == nil)
                let outcome = try gate.open()
                #expect(outcome.status == 0)
                expectSound(try outcome.receipt)
                #expect(try outcome.receipt.tasks == Tasks(ok: 8))
                #expect(daemon.process.end() == .exit(0))
                #expect(fixture.files == [])
            }
        }

        @Test("that is told to stop takes no new work")
        func refuse() throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                var connection = try RawConnection(daemon.socket)
                let gate = try Gate(daemon, tasks: 4, "--threads", "2")
                daemon.process.signal(SIGTERM)
                // Connections that wait for nothing are let go, and no others are taken from then on.
                #expect(try connection.next() == nil)
                let outcome = try daemon.parctl("run noop")
                #expect(outcome.status == 3 || outcome.status == 4)
                #expect(try gate.open().status == 0)
                #expect(daemon.process.end() == .exit(0))
            }
        }

        @Test("cancels what goes on beyond the drain time", arguments: ["--threads 2", "--processes 2", "--cold"])
        func drainTime(shape: String) throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture, "--drain-time 200ms")
                let run = try daemon.start("run sleep --for 60s --tasks 4 --json \(shape)")
                _ = try daemon.awaitJob()
                daemon.process.signal(SIGTERM)
                let outcome = try run.outcome()
                #expect(outcome.status == 130)
                expectSound(try outcome.receipt)
                #expect(try outcome.receipt.outcome == .cancelled)
                #expect(daemon.process.end() == .exit(0))
            }
        }

        @Test(
            "ends when its drain time is over, though its user may start neither process nor thread any more",
            .enabled(if: OtherUser.isPossible, OtherUser.why))
        func noThread() throws {
            try Fixture.run { fixture throws in
                let user = UInt32.random(in: 541_000...541_999)
                for folder in [fixture.folder, fixture.temporary] { chown(folder, user, user) }
                let script = """
                    import os, resource, subprocess, sys, time
                    most = 60 + 3 * os.cpu_count()
                    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
                    pard, parctl, socket = sys.argv[1:]
                    daemon = subprocess.Popen([pard, "--socket", socket, "--floor-threads", "1", "--floor-processes", "1",
                        "--drain-time", "100ms", "--cancel-grace", "100ms"])
                    while subprocess.call([parctl, "--socket", socket, "ping"], stdout=-3, stderr=-3):
                        if daemon.poll() is not None: sys.exit("it did not start")
                    # Threads that wait for work leave after some seconds, and none comes back.
                    children, until = [], time.monotonic() + 8
                    while time.monotonic() < until:
                        try:
                            child = os.fork()
                        except BlockingIOError:
                            time.sleep(0.01)
                            continue
                        if child == 0:
                            time.sleep(60)
                            os._exit(0)
                        children.append(child)
                    daemon.terminate()
                    code = daemon.wait()
                    for child in children: os.kill(child, 9)
                    sys.exit(code)
                    """
                let child = try Child(
                    "/usr/bin/setpriv",
                    OtherUser.words(user) + ["python3", "-c", script]
                        + [try Program.pard.path, try Program.parctl.path, fixture.folder + "/pard.sock"],
                    environment: fixture.environment())
                let end = child.end()
                #expect(child.errors.isOver(within: 10))
                // In order, where a thread was still there.
                let isAtOnce = child.errors.text.contains("no thread can be started")
                #expect(end == .exit(isAtOnce ? 1 : 0), "\(child.errors.text)")
                try fixture.removeFiles()
            }
        }

        @Test("ends when its drain time is over, though all its workers and its zygote have been stopped")
        func stoppedChildren() throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture, "--drain-time 200ms")
                let run = try daemon.start("run sleep --for 60s --tasks 4 --json --processes 2")
                _ = try daemon.awaitJob()
                for pid in try daemon.pools.flatMap(\.pids) + [daemon.status.zygotePid] { kill(pid_t(pid), SIGSTOP) }
                let cold = try daemon.start("run noop --processes 2 --cold")
                daemon.process.signal(SIGTERM)
                #expect(daemon.process.end(within: 10) == .exit(0))
                #expect(try run.outcome().status == 130)
                _ = try cold.outcome()
            }
        }

        @Test("on a leash ends when that is dropped")
        func leash() throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                fixture.dropLeashes()
                #expect(daemon.process.end(within: 10) == .exit(0), "the daemon goes on")
            }
        }

        @Test("has its socket for itself")
        func second() throws {
            try Daemon.run { daemon in
                let second = try Child(
                    Program.pard.path, ["--socket", daemon.socket], environment: daemon.fixture.environment())
                #expect(second.end() == .exit(1))
                #expect(second.errors.isOver(within: 10))
                #expect(second.errors.text.contains("another daemon is running on \(daemon.socket)"))
                #expect(try daemon.parctl("ping").status == 0)
            }
        }

        @Test("replaces the socket that a killed one left behind")
        func stale() throws {
            try Fixture.run { fixture in
                let first = try Daemon(in: fixture)
                first.process.signal(SIGKILL)
                #expect(first.process.end() == .signal(SIGKILL))
                #expect(fixture.files.contains("pard.sock"))
                #expect(try first.parctl("ping").status == 3)
                let second = try Daemon(in: fixture)
                #expect(try second.parctl("ping").status == 0)
                #expect(try second.receipt("noop --threads 4").reason == nil)
                second.stop()
                #expect(!fixture.files.contains { $0.hasPrefix("pard.sock") })
                try fixture.removeFiles()
            }
        }

        @Test(
            "that can't start says why",
            arguments: [
                "--socket /nonexistent/pard.sock", "--socket /dev/null", "--worker-limit 0", "--ledger-size much",
                "--drain-time never", "--floor-threads 300", "--frobnicate",
            ])
        func refusal(options: String) throws {
            try Fixture.run { fixture in
                let words = options.split(separator: " ").map(String.init)
                let socket = words.first == "--socket" ? [] : ["--socket", fixture.folder + "/pard.sock"]
                let process = try Child(Program.pard.path, socket + words, environment: fixture.environment())
                let end = try #require(process.end())
                #expect(end != .exit(0))
                #expect(process.errors.isOver(within: 10))
                #expect(process.errors.text.contains(words.last ?? "") || process.errors.text.contains(words[0]))
            }
        }
    }
}
