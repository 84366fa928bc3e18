import Control
import Foundation
import Testing

extension EndToEnd {
    @Suite("A run")
    struct RunTests {
        /// The keys of schema pard.run/1, those within an object after a dot.
        static let keys = [
            "schema", "job", "workload", "mode", "processes", "threads", "workers", "temperature", "reason", "tasks",
            "tasks.total", "tasks.ok", "tasks.failed", "tasks.lost", "tasks.cancelled", "phases", "phases.queue",
            "phases.startup", "phases.dispatch", "phases.run", "phases.collect", "phases.teardown", "elapsed",
            "pool_startup_paid", "task", "task.sum", "task.cpu_sum", "task.min", "task.p50", "task.p90", "task.p99",
            "task.max", "speedup", "efficiency",
        ]

        @Test(
            "has every key of the schema, and integers for times", arguments: ["io --threads 4", "cpu --processes 2"])
        func schema(line: String) throws {
            try Daemon.run { daemon in
                let object = try daemon.parctl("run \(line) --json").object()
                var found = Set(object.keys)
                for (key, value) in object {
                    for inner in (value as? [String: Any] ?? [:]).keys { found.insert("\(key).\(inner)") }
                }
                #expect(Set(Self.keys).subtracting(found) == [])
                #expect(object["schema"] as? String == "pard.run/1")
                #expect(object["reason"] is NSNull)
                let phases = try #require(object["phases"] as? [String: Int])
                #expect(phases.values.reduce(0, +) == object["elapsed"] as? Int)
            }
        }

        @Test("finds its workers warm", arguments: ["io --threads 4", "cpu --processes 2", "noop --serial", "sleep"])
        func warm(line: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("run \(line) --json")
                #expect(outcome.status == 0)
                #expect(outcome.errors == "")
                let receipt = try outcome.receipt
                expectSound(receipt)
                #expect(receipt.temperature == .warm)
                #expect(receipt.reason == nil)
                #expect(receipt.phases.startup == 0)
                #expect(receipt.poolStartupPaid > 0)
                #expect(receipt.tasks.total == receipt.workers * 4)
                #expect(receipt.tasks.ok == receipt.tasks.total)
            }
        }

        @Test(
            "starts workers of its own and ends them when asked to",
            arguments: ["io --threads 4", "cpu --processes 2", "noop --serial", "noop --processes 2 --threads 2"],
            ["--cold", "--cold=exec"])
        func cold(line: String, cold: String) throws {
            try Daemon.run { daemon in
                let before = try daemon.pools.map(\.pids)
                let receipt = try daemon.receipt("\(line) \(cold)")
                expectSound(receipt)
                #expect(receipt.temperature == .cold)
                #expect(receipt.reason == "requested")
                #expect(receipt.phases.startup > 0)
                #expect(receipt.phases.teardown > 0)
                #expect(receipt.poolStartupPaid == 0)
                #expect(receipt.workerCosts.allSatisfy { $0.startup > 0 && $0.startup <= receipt.phases.startup })
                #expect(try daemon.pools.map(\.pids).filter { !$0.isEmpty } == before.filter { !$0.isEmpty })
            }
        }

        @Test(
            "makes its pool grow, is cold for that, and leaves it to shrink again", arguments: ["threads", "processes"])
        func growth(pool: String) throws {
            try Daemon.run("--floor-threads 2 --floor-processes 2 --idle-time 3s") { daemon in
                let first = try daemon.receipt("sleep --for 1ms --\(pool) 4")
                expectSound(first)
                #expect(first.reason == "pool too small")
                #expect(first.phases.startup > 0)
                #expect(try daemon.receipt("sleep --for 1ms --\(pool) 4").temperature == .warm)
                #expect(try eventually { try daemon.pool(pool).size == 2 })
            }
        }

        @Test("is cold when it is the first of its shape, and warm the next time")
        func mixed() throws {
            try Daemon.run { daemon in
                let first = try daemon.receipt("noop --processes 2 --threads 3")
                expectSound(first)
                #expect(first.mode == .mixed)
                #expect(first.workers == 6)
                #expect(first.reason == "first use")
                #expect(first.phases.startup > 0)
                let second = try daemon.receipt("noop --processes 2 --threads 3")
                #expect(second.reason == nil)
                #expect(second.phases.startup == 0)
            }
        }

        @Test("of 100,000 tasks records each of them", arguments: ["--threads 2", "--processes 2"])
        func many(shape: String) throws {
            try Daemon.run { daemon in
                let outcome = try daemon.parctl("run noop --tasks 100000 \(shape) --records --json")
                #expect(outcome.status == 0)
                #expect(try outcome.receipt.tasks == Tasks(ok: 100_000))
                let records = try outcome.records
                #expect(records.map(\.task) == Array(0..<100_000))
                #expect(records.allSatisfy { $0.status == "ok" && $0.attempt == 1 })
            }
        }
    }
}

/// Expects what is true of every receipt.
func expectSound(_ receipt: Receipt, _ comment: Comment? = nil) {
    let phases = receipt.phases
    let times = [phases.queue, phases.startup, phases.dispatch, phases.run, phases.collect, phases.teardown]
    #expect(times.reduce(0, +) == receipt.elapsed, comment)
    #expect(times.allSatisfy { $0 >= 0 }, comment)
    let tasks = receipt.tasks
    #expect(tasks.total == tasks.ok + tasks.failed + tasks.lost + tasks.cancelled, comment)
    #expect(receipt.workers == receipt.processes * receipt.threads, comment)
    #expect((receipt.temperature == .warm) == (receipt.reason == nil), comment)
    #expect(receipt.workerCosts.count == receipt.workers, comment)
    #expect((receipt.outcome == .ok) == (tasks.ok == tasks.total), comment)
}
