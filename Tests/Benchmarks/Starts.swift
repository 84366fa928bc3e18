import Linux
import Pools
import Scheduling

/// From a task's being submitted to its beginning, after a pause in which the workers fell asleep, beside what else takes tasks.
enum Starts {
    private static let count = 60
    private static let pause = 1_000_000

    static func rows(_ bench: Bench) -> [Row] {
        let threads = Row(
            "3 submit to first start after 1 ms, threads", targets: [],
            [
                own(bench, .threads), closures(bench, NIOPool.self), closures(bench, DispatchPool.self),
                closures(bench, TaskGroupPool.self),
            ] + python(bench, Peers.threads))
        let processes = Row(
            "3 submit to first start after 1 ms, processes", targets: [],
            [own(bench, .processes(threads: 1))] + python(bench, Peers.processes))
        return [threads, processes]
    }

    private static func own(_ bench: Bench, _ kind: PoolKind) -> Contestant {
        Contestant("par") {
            try bench.pools.withLease(kind) { lease in
                for _ in 0..<20 { try lease.run(workload: 0, tasks: 1) }
                return try (0..<bench.samples(count)).map { _ in
                    rest(nanoseconds: pause)
                    let told = try lease.run(workload: 0, tasks: 1)
                    return Double(lease.records[0].start.since(told))
                }
            }
        }
    }

    private static func closures<Pool: ClosurePool>(_ bench: Bench, _ type: Pool.Type) -> Contestant {
        Contestant(Pool.title) {
            let pool = Pool(threads: 1)
            defer { pool.end() }
            return (0..<bench.samples(count)).map { _ in
                rest(nanoseconds: pause)
                let begun = Answer<UInt64>()
                let start = Monotonic.now()
                pool.submit { begun.give(Monotonic.now()) }
                return Double(begun.wait() - start)
            }
        }
    }

    private static func python(_ bench: Bench, _ peers: [(String, String)]) -> [Contestant] {
        peers.map { name, kind in
            bench.python(name) { try $0.ask("first", "\(bench.samples(count))", kind, "\(pause)") }
        }
    }
}

/// N workers that are warm, from being asked for to being had, beside as many that are started for it.
enum WarmWorkers {
    static func rows(_ bench: Bench) -> [Row] {
        [("threads", PoolKind.threads), ("processes", .processes(threads: 1))].flatMap { name, kind in
            [1, 4, 8, 64].map { count in
                Row(
                    "6 \(count) warm \(name), asked for and had", targets: [],
                    [
                        Contestant("par") { try leases(bench, kind, count) },
                        FreshProcesses.pool(bench, kind, count, .fresh, count: bench.samples(count > 8 ? 3 : 10))
                            .named("par, fresh ones"),
                    ])
            }
        }
    }

    private static func leases(_ bench: Bench, _ kind: PoolKind, _ count: Int) throws -> [Double] {
        try bench.pools.resize(kind, to: max(count, WarmPools.floor))
        defer { try? bench.pools.resize(kind, to: WarmPools.floor) }
        return try (0..<bench.samples(30)).map { _ in
            rest(nanoseconds: FreshProcesses.pause)
            let start = Monotonic.now()
            return try bench.pools.withLease(kind, units: count) { _ in Double(Monotonic.now() - start) }
        }
    }
}

/// The same work on more and more workers, up to twice the processors: so that a machine with more of them shows how it scales.
enum Scaling {
    private static let tasks = 64
    /// Nanoseconds that a task takes on one processor.
    private static let length = 1_000_000

    static func rows(_ bench: Bench) -> [Row] {
        let rate = Efficiency.iterationsPerNanosecond()
        let iterations = UInt64(Double(length) * rate)
        // About as long for Python, which counts fifty times as slowly.
        let pythonCount = 20_000
        return counts.map { workers in
            Row(
                "15 64 tasks of 1 ms on \(workers == 1 ? "1 worker" : "\(workers) workers")", targets: [],
                [
                    own(bench, "par", .threads, workers, iterations),
                    own(bench, "par, processes", .processes(threads: 1), workers, iterations),
                    Contestant(NIOPool.title) {
                        NIOPool.many(tasks, threads: workers) { Efficiency.work(iterations) }
                            .map { $0 * Double(tasks) }
                    },
                    Contestant("raw threads, split evenly") {
                        [try Efficiency.split(tasks: tasks, workers: workers, iterations: iterations)]
                    },
                    bench.python("ProcessPoolExecutor, own tasks") {
                        try $0.ask("sweep", "1", "process", "\(workers)", "\(pythonCount)")
                    },
                    bench.python("ThreadPoolExecutor, own tasks") {
                        try $0.ask("sweep", "1", "thread", "\(workers)", "\(pythonCount)")
                    },
                ])
        }
    }

    /// 1, 2, 4 … up to twice the processors, and 64 at most.
    private static var counts: [Int] {
        var counts = [1]
        while let last = counts.last, last < min(2 * Processors.available, 64) { counts.append(last * 2) }
        return counts
    }

    private static func own(
        _ bench: Bench, _ name: String, _ kind: PoolKind, _ workers: Int, _ iterations: UInt64
    ) -> Contestant {
        Contestant(name) {
            try bench.pools.resize(kind, to: max(workers, WarmPools.floor))
            defer { try? bench.pools.resize(kind, to: WarmPools.floor) }
            return try (0..<bench.samples(3)).map { _ in
                try Efficiency.pool(bench, kind, tasks: tasks, iterations: iterations, workers: workers)
            }
        }
    }
}
