import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("When a part of it is killed")
    struct WorkerFaultTests {
        @Test("a worker is replaced, and its tasks are run again", arguments: ["threads", "processes"])
        func worker(pool: String) throws {
            try Daemon.run { daemon in
                let run = try daemon.start("run sleep --for 50ms --\(pool) 4 --tasks 200 --records --json")
                _ = try daemon.awaitJob { $0.done >= 4 }
                let victim = try #require(try daemon.pool(pool).pids.first)
                kill(pid_t(victim), SIGKILL)
                let outcome = try run.outcome()
                #expect(outcome.status == 0)
                expectSound(try outcome.receipt)
                #expect(try outcome.receipt.tasks == Tasks(ok: 200))
                #expect(try outcome.records.map(\.task) == Array(0..<200))
                #expect(try outcome.records.contains { $0.attempt == 2 })
                let receipt = try outcome.receipt
                #expect(receipt.deaths == (pool == "threads" ? 4 : 1))
                #expect((1...4).contains(receipt.reruns))
                // A task takes 50 ms, and one that was killed had not come to its end.
                #expect((1...(receipt.reruns * 50_000_000)).contains(receipt.timeLost))
                // All of the thread pool's workers were one process: nobody was left to go on.
                #expect(receipt.reason == (pool == "threads" ? "worker replaced" : nil))
                #expect(!Processes.isAlive(victim))
                #expect(try eventually { try daemon.pool(pool).ready == 4 })
                #expect(try daemon.pool(pool).replaced == (pool == "threads" ? 4 : 1))
                #expect(try daemon.status.workersReplaced == (pool == "threads" ? 4 : 1))
                #expect(try daemon.receipt("noop --\(pool) 4").reason == nil)
            }
        }

        @Test("workers that wait for work are replaced before anybody needs them", arguments: ["threads", "processes"])
        func idle(pool: String) throws {
            try Daemon.run { daemon in
                let victims = try daemon.pool(pool).pids
                for victim in victims { kill(pid_t(victim), SIGKILL) }
                #expect(
                    try eventually {
                        let pool = try daemon.pool(pool)
                        return pool.ready == 4 && Set(pool.pids).isDisjoint(with: victims)
                    })
                #expect(try daemon.receipt("noop --\(pool) 4").reason == nil)
            }
        }

        @Test("the zygote is replaced, and the job that runs goes on", arguments: ["--cold", "--cold=exec", ""])
        func zygote(cold: String) throws {
            try Daemon.run { daemon in
                let run = try daemon.start("run sleep --for 100ms --processes 2 --tasks 8 --json")
                _ = try daemon.awaitJob()
                let victim = try daemon.status.zygotePid
                let workers = try daemon.pools.flatMap(\.pids)
                kill(pid_t(victim), SIGKILL)
                let receipt = try daemon.receipt("noop --processes 6 \(cold)")
                expectSound(receipt)
                #expect(receipt.tasks == Tasks(ok: 24))
                if cold == "" {
                    // It grew by the two that it lacked, and by those that were busy for too long.
                    #expect((6...8).contains(try daemon.pool("processes").size))
                } else {
                    #expect(receipt.phases.startup > 0)
                }
                #expect(try run.outcome().receipt.tasks == Tasks(ok: 8))
                #expect(!Processes.isAlive(victim))
                #expect(try daemon.status.zygotePid != victim)
                #expect(Set(try daemon.pools.flatMap(\.pids)).isSuperset(of: workers))
            }
        }

        @Test("a zygote that can't be started again fails the runs that need it with the reason, until it can be")
        func missing() throws {
            try Fixture.run { fixture in
                let own = try Program.pard.path
                let folder = fixture.folder + "/programs/"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                for name in ["pard", "parzygote", "parzygote-library"] {
                    try FileManager.default.copyItem(
                        atPath: own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex) + name,
                        toPath: folder + name)
                }
                let daemon = try Daemon(in: fixture, program: folder + "pard")
                try #require(rename(folder + "parzygote", folder + "elsewhere") == 0)
                kill(pid_t(try daemon.status.zygotePid), SIGKILL)
                let outcome = try daemon.parctl("run noop --processes 2 --cold")
                #expect(outcome.status == 4)
                #expect(outcome.errors.contains("No such file or directory"))
                #expect(try daemon.status.state == "broken")
                #expect(try daemon.status.reason?.contains("No such file or directory") == true)
                #expect(try daemon.receipt("noop --processes 4").tasks.ok == 16)
                try #require(rename(folder + "elsewhere", folder + "parzygote") == 0)
                #expect(try eventually(within: .seconds(2)) { try daemon.status.state == "ready" })
                #expect(try daemon.receipt("noop --processes 2 --cold").tasks.ok == 8)
                daemon.stop()
                try fixture.removeFiles()
            }
        }

        @Test(
            "pard takes all its workers and its zygote with it",
            arguments: ["--threads 4", "--processes 4", "--processes 2 --threads 2", "--processes 2 --cold=exec"])
        func daemon(shape: String) throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                let run = try daemon.start("run sleep --for 60s --tasks 8 \(shape)")
                _ = try daemon.awaitJob()
                let known = try daemon.pools.flatMap(\.pids) + [daemon.status.zygotePid]
                #expect(Set(fixture.processes).isSuperset(of: known))
                daemon.process.signal(SIGKILL)
                #expect(
                    eventually(within: .seconds(1)) { !known.contains(where: Processes.isAlive) },
                    "workers survive the daemon")
                let outcome = try run.outcome()
                #expect(outcome.status == 5)
                #expect(outcome.errors != "")
                #expect(eventually(within: .seconds(1)) { fixture.processes.isEmpty }, "processes survive the daemon")
                try fixture.removeFiles()
            }
        }
    }
}
