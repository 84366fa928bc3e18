import Control
import Testing

extension EndToEnd {
    @Suite("An operator")
    struct PoolTests {
        @Test("makes a pool larger and smaller", arguments: ["threads", "processes"])
        func resize(pool: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("pools resize \(pool) 6 --json")
                #expect(outcome.status == 0)
                #expect(try outcome.decoded(as: PoolReply.self).pool.floor == 6)
                #expect(try eventually { try daemon.pool(pool).ready == 6 })
                #expect(try daemon.receipt("noop --\(pool) 6").reason == nil)
                #expect(try daemon.parctl("pools resize \(pool) 2").status == 0)
                #expect(try eventually { try daemon.pool(pool).size == 2 })
                #expect(try daemon.receipt("noop --\(pool) 2").reason == nil)
                #expect(try daemon.parctl("pools resize \(pool) 0").status == 0)
                #expect(try eventually { try daemon.pool(pool).size == 0 })
                #expect(try daemon.receipt("noop --\(pool) 1").reason == "pool too small")
            }
        }

        @Test("is told when a pool would have too many workers")
        func tooLarge() throws {
            try Daemon.run("--worker-limit 16") { daemon in
                let outcome = try daemon.parctl("pools resize threads 17")
                #expect(outcome.status == 4)
                #expect(outcome.errors.contains("16"))
                #expect(try daemon.pool("threads").floor == 4)
            }
        }

        @Test("has all workers of a pool replaced", arguments: ["threads", "processes"])
        func recycle(pool: String) throws {
            try Daemon.run { daemon in
                let before = try daemon.pool(pool).pids
                #expect(try daemon.parctl("pools recycle \(pool)").status == 0)
                #expect(
                    try eventually {
                        let pool = try daemon.pool(pool)
                        return pool.ready == 4 && pool.size == 4 && Set(pool.pids).isDisjoint(with: before)
                    })
                #expect(try daemon.receipt("noop --\(pool) 4").reason == nil)
            }
        }

        @Test("recycles a busy pool when its job has ended", arguments: ["threads", "processes"])
        func recycleBusy(pool: String) throws {
            try Daemon.run { daemon in
                let before = try daemon.pool(pool).pids
                let gate = try Gate(daemon, tasks: 12, "--\(pool)", "4", "--records", "--json")
                #expect(try daemon.parctl("pools recycle \(pool)").status == 0)
                let outcome = try gate.open()
                #expect(try outcome.receipt.tasks == Tasks(ok: 12))
                #expect(Set(try outcome.records.map(\.pid)).isSubset(of: before))
                #expect(try outcome.records.allSatisfy { $0.attempt == 1 })
                #expect(
                    try eventually {
                        let pool = try daemon.pool(pool)
                        return pool.ready == 4 && pool.size == 4 && Set(pool.pids).isDisjoint(with: before)
                    })
            }
        }

        @Test("sees a job come, and cancels it by its name")
        func cancel() throws {
            try Daemon.run { daemon in
                let run = try daemon.start("run sleep --for 60s --processes 2 --tasks 8 --json")
                let job = try daemon.awaitJob()
                let listed = try daemon.parctl("jobs --json").decoded(as: ListJobs.Reply.self).jobs
                #expect(listed.map(\.job) == [job.job])
                #expect(listed.first?.workload == "sleep")
                #expect(listed.first?.tasks == 8)
                #expect(try daemon.parctl("jobs").output.contains(job.job))
                #expect(try daemon.status.workersBusy == 2)
                let cancelled = try daemon.parctl("cancel \(job.job)")
                #expect(cancelled.status == 0)
                #expect(cancelled.output == "")
                let outcome = try run.outcome()
                #expect(outcome.status == 130)
                #expect(try outcome.receipt.job == job.job)
                #expect(try daemon.jobs.isEmpty)
            }
        }
    }
}
