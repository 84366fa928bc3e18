import CLinux
import Catalogue
import Ledger
import Linux
import Pools
import Scheduling

/// Tasks that keep two processors busy: the time of a static split, with nothing to hand out, over the time it took.
enum Efficiency {
    private static let workers = 2
    /// What all tasks of a sample take together on one processor, in nanoseconds.
    private static let work = 40_000_000

    static func rows(_ bench: Bench) -> [Row] {
        guard Processors.available >= workers else { return [] }
        let rate = iterationsPerNanosecond()
        return [(1000, "1 µs", 0.95), (10_000, "10 µs", 0.97), (100_000, "100 µs", 0.99), (1_000_000, "1 ms", 0.99)]
            .flatMap {
                length, name, bound in
                let load = Load(tasks: work / length, iterations: max(1, UInt64(Double(length) * rate)))
                return [("threads", PoolKind.threads), ("processes", .processes(threads: 1))].map { title, kind in
                    var contestants = [Contestant("par") { try share(bench, load) { try pool(bench, kind, load) } }]
                    if kind == .threads {
                        contestants.append(
                            Contestant(NIOPool.title) { try share(bench, load) { closures(NIOPool.self, load) } })
                        contestants.append(
                            Contestant(DispatchPool.title) {
                                try share(bench, load) { closures(DispatchPool.self, load) }
                            })
                        contestants.append(
                            Contestant(TaskGroupPool.title) {
                                try share(bench, load) {
                                    TaskGroupPool.group(load.tasks) { work(load.iterations) }[0] * Double(load.tasks)
                                }
                            })
                    }
                    return Row(
                        "9 efficiency, tasks of \(name), \(title)", unit: .share, targets: [.over(bound)], contestants)
                }
            }
    }

    private struct Load: Sendable {
        let tasks: Int
        let iterations: UInt64
    }

    static func iterationsPerNanosecond() -> Double {
        let iterations: UInt64 = 5_000_000
        let times = (0..<9).map { _ in
            let start = Monotonic.now()
            _ = par_add_range(0, 0, iterations)
            return Double(Monotonic.now() - start)
        }
        return Double(iterations) / Figure(times).median
    }

    /// The ideal, measured just before and just after, over the actual time.
    private static func share(_ bench: Bench, _ load: Load, _ actual: () throws -> Double) throws -> [Double] {
        try (0..<bench.samples(4)).map { _ in
            let before = try ideal(load)
            let took = try actual()
            return (before + (try ideal(load))) / 2 / took
        }
    }

    /// What a task does.
    static func work(_ iterations: UInt64) { _ = par_add_range(0, 0, iterations) }

    /// Two threads with half of the tasks each, nanoseconds from the first start to the last stop.
    private static func ideal(_ load: Load) throws -> Double {
        try split(tasks: load.tasks, workers: workers, iterations: load.iterations)
    }

    /// Threads with as many of the tasks each, from the first start to the last stop.
    static func split(tasks: Int, workers: Int, iterations: UInt64) throws -> Double {
        let answers = (0..<workers).map { _ in Answer<(UInt64, UInt64)>() }
        let threads = try answers.map { answer in
            try SystemThread(named: "ideal") {
                let start = Monotonic.now()
                for _ in 0..<(tasks / workers) { work(iterations) }
                answer.give((start, Monotonic.now()))
            }
        }
        for thread in threads { thread.join() }
        let times = answers.map { $0.wait() }
        // Each thread's own time, as the second one starts later.
        return times.map { Double($0.1 - $0.0) }.max() ?? 0
    }

    private static func pool(_ bench: Bench, _ kind: PoolKind, _ load: Load) throws -> Double {
        try pool(bench, kind, tasks: load.tasks, iterations: load.iterations, workers: workers)
    }

    /// Nanoseconds of a run on leased workers.
    static func pool(
        _ bench: Bench, _ kind: PoolKind, tasks: Int, iterations: UInt64, workers: Int
    ) throws -> Double {
        var arguments = ArgumentBlock()
        try arguments.add("iterations", Int64(iterations))
        return try bench.pools.withLease(kind, units: workers, tasks: tasks) { lease in
            let start = Monotonic.now()
            try lease.run(
                workload: UInt32(Catalogue.number(of: Definition.cpu.name) ?? 0), tasks: tasks,
                arguments: arguments, cpuInterval: WarmPools.cpuInterval)
            return Double(Monotonic.now() - start)
        }
    }

    private static func closures<Pool: ClosurePool>(_ type: Pool.Type, _ load: Load) -> Double {
        Pool.many(load.tasks, threads: workers) { work(load.iterations) }[0] * Double(load.tasks)
    }
}
