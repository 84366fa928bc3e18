import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("parctl ends with")
    struct ExitStatusTests {
        @Test("1 when a task failed, and says what failed and why")
        func failed() throws {
            try Daemon.run { daemon in
                // The job is accepted while its directory is there, and begins when that is gone.
                let directory = daemon.fixture.folder + "/gone"
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
                let sleep = try daemon.start("run sleep --for 60s --threads 4 --tasks 4")
                let job = try daemon.awaitJob()
                let io = try daemon.start("run io --threads 4 --dir \(directory) --json")
                _ = try daemon.awaitJob { $0.state == "queued" }
                try FileManager.default.removeItem(atPath: directory)
                #expect(try daemon.parctl("cancel \(job.job)").status == 0)
                #expect(try sleep.outcome().status == 130)
                let outcome = try io.outcome()
                #expect(outcome.status == 1)
                let receipt = try outcome.receipt
                expectSound(receipt)
                #expect(receipt.outcome == .failed)
                #expect(receipt.tasks == Tasks(failed: 16))
                #expect(receipt.phases.queue > 0)
                #expect(receipt.failures.map(\.count) == [16])
                #expect(receipt.failures.first?.reason.contains("No such file") == true)
            }
        }

        @Test("124 when its time is up before it has a worker, and lists the workers that it asked for")
        func timeOutInQueue() throws {
            try Daemon.run("--worker-limit 4 --floor-threads 2 --floor-processes 1") { daemon in
                let sleep = try daemon.start("run sleep --for 60s --threads 4 --tasks 4")
                let job = try daemon.awaitJob()
                let outcome = try daemon.parctl("run noop --threads 3 --tasks 5 --timeout 20ms --json")
                #expect(try daemon.parctl("cancel \(job.job)").status == 0)
                #expect(try sleep.outcome().status == 130)
                #expect(outcome.status == 124)
                let receipt = try outcome.receipt
                expectSound(receipt)
                #expect(receipt.tasks == Tasks(cancelled: 5))
                #expect(receipt.workerCosts.map(\.worker) == [0, 1, 2])
                #expect(receipt.workerCosts.allSatisfy { $0.pid == 0 && $0.startup == 0 && $0.tasks == 0 })
            }
        }

        @Test(
            "2 for wrong usage, before it asks any daemon, and says what is wrong",
            arguments: [
                "frobnicate", "run", "run nothing", "run io --size 8XiB", "run io --size -1", "run io --size",
                "run sleep --for 10parsecs", "run sleep --for", "run cpu --iterations 1.5", "run noop --size 1",
                "run io --frobnicate", "run noop --threads 0", "run noop --processes 0", "run noop --threads many",
                "run noop --serial --threads 2", "run noop --serial --processes 2", "run noop --tasks 0",
                "run noop --timeout=-1s", "run noop --timeout soon", "run noop --cold=lukewarm", "run noop 3",
                "ping --color sometimes", "pools resize threads many", "completions csh", "cancel",
            ])
        func usage(line: String) throws {
            try Fixture.run { fixture in
                let outcome = try Parctl("--socket /nonexistent.sock \(line)", in: fixture).outcome()
                #expect(outcome.status == 2)
                #expect(outcome.output == "")
                #expect(outcome.errors.hasPrefix("parctl: "))
                #expect(outcome.errors.contains("See 'parctl ") || outcome.errors.contains("Usage: parctl "))
            }
        }

        @Test("2 for a directory that the daemon can't write in", arguments: ["/nonexistent", "relative"])
        func directory(path: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("run io --dir \(path)")
                #expect(outcome.status == 2)
                #expect(outcome.errors.contains(path))
                #expect(try daemon.status.jobsRefused == 1)
            }
        }

        @Test(
            "3 when nobody listens at the socket that it was told", arguments: ["ping", "run noop", "status", "jobs"])
        func unreachable(line: String) throws {
            try Fixture.run { fixture in
                let socket = fixture.folder + "/none.sock"
                for (line, variables) in [
                    ("--socket \(socket) \(line)", [:]), (line, ["PARD_SOCKET": socket]),
                ] {
                    let outcome = try Parctl(line, in: fixture, variables: variables).outcome()
                    #expect(outcome.status == 3)
                    #expect(outcome.output == "")
                    #expect(outcome.errors.contains(socket))
                }
            }
        }

        @Test(
            "3 when there is no daemon and it must not start one", .enabled(if: PrivateTests.isAlone, PrivateTests.why))
        func noSpawn() throws {
            try Fixture.run { fixture in
                let outcome = try Parctl("run noop --no-spawn", in: fixture).outcome()
                #expect(outcome.status == 3)
                #expect(outcome.errors.contains("no daemon is running"))
            }
        }

        @Test(
            "4 for more workers or tasks than the daemon allows",
            arguments: [
                "--threads 9", "--tasks 1001", "--processes 65536 --threads 65536 --tasks 1",
            ])
        func limit(option: String) throws {
            try Daemon.run("--worker-limit 8 --task-limit 1000") { daemon in
                let outcome = try daemon.parctl("run noop \(option)")
                #expect(outcome.status == 4)
                #expect(outcome.output == "")
                #expect(outcome.errors.contains("allows"))
                #expect(try daemon.status.jobsRefused == 1)
            }
        }

        @Test("4 when all workers are busy and no job may wait, and 0 when they are free")
        func busy() throws {
            try Daemon.run("--queue-limit 0") { daemon in
                #expect(try daemon.parctl("run noop --threads 4").status == 0)
                let sleep = try daemon.start("run sleep --for 60s --threads 4 --tasks 4")
                let job = try daemon.awaitJob()
                let outcome = try daemon.parctl("run noop --threads 4 --wait")
                #expect(outcome.status == 4)
                #expect(outcome.errors.contains("busy"))
                // Who doesn't want to wait has the pool grow.
                #expect(try daemon.receipt("noop --threads 4").reason == "pool busy")
                #expect(try daemon.parctl("cancel \(job.job)").status == 0)
                #expect(try sleep.outcome().status == 130)
            }
        }

        @Test(
            "124 when the run timed out, and prints the receipt", arguments: ["--threads 2", "--processes 2", "--cold"])
        func timeout(shape: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("run sleep --for 60s --tasks 4 --timeout 200ms --json \(shape)")
                #expect(outcome.status == 124)
                let receipt = try outcome.receipt
                expectSound(receipt)
                #expect(receipt.outcome == .timeout)
                #expect(receipt.tasks == Tasks(cancelled: 4))
                #expect(receipt.elapsed >= 200_000_000)
            }
        }

        @Test(
            "130 when the user interrupts it, and prints the receipt of the cancelled job",
            arguments: [SIGINT, SIGTERM])
        func interrupted(signal: Int32) throws {
            try Daemon.run { daemon in
                let run = try daemon.start("run sleep --for 60s --threads 2 --tasks 8 --json")
                _ = try daemon.awaitJob()
                run.process.signal(signal)
                let outcome = try run.outcome()
                #expect(outcome.status == 130)
                let receipt = try outcome.receipt
                expectSound(receipt)
                #expect(receipt.outcome == .cancelled)
                #expect(receipt.tasks == Tasks(cancelled: 8))
                #expect(try daemon.parctl("jobs").output == "no jobs\n")
            }
        }

        @Test("1 for a job or a pool that isn't there", arguments: ["cancel nothing", "pools recycle nothing"])
        func missing(line: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl(line)
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("there is no"))
            }
        }
    }
}
