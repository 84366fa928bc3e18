import Control
import Foundation
import Testing

extension EndToEnd {
    /// What ends commands here ends them with all that they have started, within a second.
    @Suite("Of commands nothing is left")
    struct LeftoverTests {
        static let shapes = ["--threads", "--processes"]

        /// Runs one command of each kind, hands it to `end` once all are there, and expects that none is left afterwards.
        private func run(
            _ shape: String, options: [String] = [], _ end: (Daemon, Parctl, Sleepers) throws -> Void
        ) throws {
            try Fixture.run { fixture throws in
                let daemon = try Daemon(in: fixture, "--cancel-grace 200ms --drain-time 100ms")
                let sleepers = Sleepers()
                let run = try Parctl(
                    words: ["--socket", daemon.socket, "run", "exec", "-q", shape, "\(sleepers.kinds.count)"] + options
                        + sleepers.words, in: fixture)
                try sleepers.awaitAll()
                try end(daemon, run, sleepers)
                daemon.process.signal(SIGTERM)
                _ = try #require(daemon.process.end())
                _ = try run.outcome()
                #expect(eventually(within: .seconds(1)) { fixture.processes.isEmpty }, "the guardian is left")
                try fixture.removeFiles()
            }
        }

        @Test("when the daemon is killed", arguments: shapes)
        func daemonKilled(shape: String) throws {
            try run(shape) { daemon, _, sleepers throws in
                daemon.process.signal(SIGKILL)
                sleepers.expectNone()
                #expect(
                    eventually(within: .seconds(1)) { daemon.fixture.temporaryFiles == [] }, "its directory is left")
            }
        }

        @Test("when their workers are killed", arguments: shapes)
        func workersKilled(shape: String) throws {
            try run(shape) { daemon, run, sleepers throws in
                for pid in try daemon.pools.flatMap(\.pids) { kill(pid_t(pid), SIGKILL) }
                sleepers.expectNone()
                #expect(try run.outcome().status != 0)
            }
        }

        @Test("when their workers are killed, and then the daemon", arguments: shapes)
        func bothKilled(shape: String) throws {
            try run(shape) { daemon, run, sleepers throws in
                for pid in try daemon.pools.flatMap(\.pids) { kill(pid_t(pid), SIGKILL) }
                daemon.process.signal(SIGKILL)
                sleepers.expectNone()
            }
        }

        @Test("when they are ended after a zygote was killed, which alone ends none of them", arguments: shapes)
        func zygoteKilled(shape: String) throws {
            try run(shape) { daemon, run, sleepers throws in
                let there = sleepers.alive.map(\.pid)
                let zygote = try daemon.status.zygotePid
                kill(pid_t(zygote), SIGKILL)
                #expect(try eventually { try ![0, zygote].contains(daemon.status.zygotePid) })
                #expect(sleepers.alive.map(\.pid) == there)
                run.process.signal(SIGINT)
                #expect(try run.outcome().status == 130)
                sleepers.expectNone()
            }
        }

        @Test("when their run is interrupted", arguments: shapes)
        func interrupted(shape: String) throws {
            try run(shape) { _, run, sleepers throws in
                run.process.signal(SIGINT)
                sleepers.expectNone()
                #expect(try run.outcome().status == 130)
            }
        }

        @Test("when their run is cancelled", arguments: shapes)
        func cancelled(shape: String) throws {
            try run(shape) { daemon, run, sleepers throws in
                let job = try #require(try daemon.jobs.first)
                #expect(try daemon.parctl("cancel \(job.job)").status == 0)
                sleepers.expectNone()
                #expect(try run.outcome().status == 130)
            }
        }

        @Test("when the command that runs them is killed", arguments: shapes)
        func clientKilled(shape: String) throws {
            try run(shape) { _, run, sleepers throws in
                run.process.signal(SIGKILL)
                sleepers.expectNone()
            }
        }

        @Test("when they take longer than their timeout", arguments: shapes)
        func timeout(shape: String) throws {
            try run(shape, options: ["--timeout", "3s"]) { _, run, sleepers throws in
                #expect(try run.outcome().status != 0)
                sleepers.expectNone()
            }
        }

        @Test("when the daemon is told to stop and has no more patience", arguments: shapes)
        func stopped(shape: String) throws {
            try run(shape) { daemon, run, sleepers throws in
                daemon.process.signal(SIGTERM)
                #expect(daemon.process.end() == .exit(0))
                sleepers.expectNone()
            }
        }

        @Test("when the daemon has ended before its guardian, which was held up, and does the rest alone")
        func guardianHeldUp() throws {
            try run("--threads") { daemon, run, sleepers throws in
                let guardian = try #require(daemon.guardian)
                kill(pid_t(guardian), SIGSTOP)
                daemon.process.signal(SIGTERM)
                #expect(daemon.process.end() == .exit(0))
                sleepers.expectNone()
            }
        }

        @Test("even when the daemon is killed after its guardian was")
        func guardianKilled() throws {
            try run("--threads") { daemon, _, sleepers throws in
                let first = try #require(daemon.guardian)
                kill(pid_t(first), SIGKILL)
                #expect(eventually { ![nil, first].contains(daemon.guardian) }, "there is no other guardian")
                daemon.process.signal(SIGKILL)
                sleepers.expectNone()
            }
        }

        @Test(
            "when they run below a command of another daemon, whose worker is killed",
            .enabled(if: PrivateTests.isAlone, PrivateTests.why))
        func nested() throws {
            try Fixture.run { fixture throws in
                let daemon = try Daemon(in: fixture)
                let sleepers = Sleepers()
                let script = fixture.folder + "/script"
                let words =
                    [try Program.parctl.path, "run", "exec", "-q", "--threads", "\(sleepers.kinds.count)"]
                    + sleepers.words
                let line = words.map { "'\($0.replacingOccurrences(of: "'", with: "'\\''"))'" }.joined(separator: " ")
                try line.write(toFile: script, atomically: false, encoding: .utf8)
                let run = try Parctl(
                    words: ["--socket", daemon.socket, "run", "exec", "-q", "sh", script, ":::", "a"], in: fixture)
                try sleepers.awaitAll()
                for pid in try daemon.pool("threads").pids { kill(pid_t(pid), SIGKILL) }
                sleepers.expectNone()
                _ = try run.outcome()
                daemon.stop()
                try FileManager.default.removeItem(atPath: script)
            }
        }

        @Test("but what one that has ended by itself has left in the background goes on, until the daemon is killed")
        func leftOnPurpose() throws {
            try Fixture.run { fixture throws in
                let daemon = try Daemon(in: fixture)
                let sleepers = Sleepers([.foreground])
                let script = "setsid \(sleepers.words.last?.dropFirst("exec ".count) ?? "") >/dev/null 2>&1 &"
                #expect(try daemon.exec(["-q", "sh", "-c", script, ":::", "a"]).status == 0)
                try sleepers.awaitAll()
                // A later command of the same worker's is another one.
                #expect(
                    try daemon.exec(["-q", "--threads", "1", "--timeout", "50ms", "sleep", ":::", "61"]).status == 1)
                #expect(sleepers.alive.count == 1)
                daemon.process.signal(SIGKILL)
                sleepers.expectNone()
                try fixture.removeFiles()
            }
        }
    }
}
