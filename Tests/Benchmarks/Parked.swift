import Linux
import Pools
import Scheduling

/// One no-op after a pause in which the workers fell asleep: there and back, and there only.
///
/// Where the two sides run makes more of a difference than anything else, so each is measured where the kernel puts
/// them, on one processor and on two.
enum Parked {
    private static let count = 150
    private static let pause = 200_000
    private static let idleCount = 60
    private static let idle = 1_000_000

    static func rows(_ bench: Bench) -> [Row] {
        Place.possible.flatMap { roundTrips(bench, $0) } + Place.possible.flatMap { dispatches(bench, $0) }
    }

    private static func roundTrips(_ bench: Bench, _ place: Place) -> [Row] {
        let threads = Row(
            "2 no-op after 200 µs, threads\(place.title)",
            targets: [.atMost(2, times: "futex pair"), .atMost(0.9, times: NIOPool.title)],
            [
                pool(bench, .threads, count: count, pause: pause, place), futexes(bench, "thread", place),
                closures(bench, NIOPool.self, count: count, pause: pause, place),
            ] + (place == .free ? [closures(bench, DispatchPool.self, count: count, pause: pause, place)] : []))
        let sockets = Contestant("socketpair") {
            try bench.limits.ask("socket", "\(bench.samples(count))", "\(pause)", place.rawValue)
        }
        let processes = Row(
            "2 no-op after 200 µs, processes\(place.title)",
            targets: [.atMost(2, times: "futex pair"), .atMost(0.9, times: sockets.name)],
            [
                pool(bench, .processes(threads: 1), count: count, pause: pause, place),
                futexes(bench, "process", place),
                sockets,
            ] + (place == .free ? [python(bench, "ProcessPoolExecutor", "process", count: count, pause: pause)] : []))
        return [threads, processes]
    }

    private static func futexes(_ bench: Bench, _ kind: String, _ place: Place) -> Contestant {
        Contestant("futex pair") {
            try bench.limits.ask("futex", "\(bench.samples(count))", kind, "\(pause)", place.rawValue)
        }
    }

    private static func dispatches(_ bench: Bench, _ place: Place) -> [Row] {
        [("threads", "thread", PoolKind.threads), ("processes", "process", .processes(threads: 1))].map {
            name, word, kind in
            let wake = Contestant("futex wake") {
                try bench.limits.ask("wake", "\(bench.samples(idleCount))", word, "\(idle)", place.rawValue)
            }
            let own = Contestant("par") {
                try leased(bench, kind, place) { lease in
                    try (0..<bench.samples(idleCount)).map { _ in
                        rest(nanoseconds: idle)
                        let told = try lease.run(workload: 0, tasks: 1)
                        return Double(lease.records[0].start.since(told))
                    }
                }
            }
            return Row(
                "3 dispatch after 1 ms, \(name)\(place.title)", targets: [.atMost(2, times: wake.name)], [own, wake])
        }
    }

    // MARK: Contestants

    /// Round trips to a leased worker, in nanoseconds.
    static func pool(_ bench: Bench, _ kind: PoolKind, count: Int, pause: Int, _ place: Place) -> Contestant {
        Contestant("par") {
            try leased(bench, kind, place) { lease in
                try (0..<bench.samples(count)).map { _ in
                    rest(nanoseconds: pause)
                    let start = Monotonic.now()
                    try lease.run(workload: 0, tasks: 1)
                    return Double(Monotonic.now() - start)
                }
            }
        }
    }

    private static func leased(
        _ bench: Bench, _ kind: PoolKind, _ place: Place, _ body: (Lease) throws -> [Double]
    ) throws -> [Double] {
        try bench.pools.withLease(kind) { lease in
            for _ in 0..<20 { try lease.run(workload: 0, tasks: 1) }
            let worker = Int32(lease.records[0].tid)
            return try bench.placed(place, caller: ThisProcess.tid, worker: worker) { try body(lease) }
        }
    }

    static func closures<Pool: ClosurePool>(
        _ bench: Bench, _ pool: Pool.Type, count: Int, pause: Int, _ place: Place
    ) -> Contestant {
        Contestant(Pool.title) { try Pool.calls(bench, count: bench.samples(count), pause: pause, place) }
    }

    static func python(_ bench: Bench, _ name: String, _ kind: String, count: Int, pause: Int) -> Contestant {
        bench.python(name) { try $0.ask("call", "\(bench.samples(count))", kind, "\(pause)") }
    }
}
