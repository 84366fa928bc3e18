import Linux
import Pools

/// One no-op after the other, each waited for.
enum BackToBack {
    private static let count = 5000
    private static let slowCount = 200

    static func rows(_ bench: Bench) -> [Row] {
        let spin = Contestant("spinning pair") { try bench.limits.ask("spin", "\(bench.samples(count))") }
        let threads = Row(
            "1 no-op, back to back, threads", targets: [.atMost(3, times: spin.name)],
            [
                Parked.pool(bench, .threads, count: count, pause: 0, .free), spin,
                Parked.closures(bench, NIOPool.self, count: count, pause: 0, .free),
                Parked.closures(bench, DispatchPool.self, count: count, pause: 0, .free),
                Parked.python(bench, "ThreadPoolExecutor", "thread", count: slowCount, pause: 0),
            ])
        let processes = Row(
            "1 no-op, back to back, processes",
            targets: [.atMost(3, times: spin.name), .faster(300, than: "ProcessPoolExecutor")],
            [
                Parked.pool(bench, .processes(threads: 1), count: count, pause: 0, .free), spin,
                Parked.python(bench, "ProcessPoolExecutor", "process", count: slowCount, pause: 0),
                Parked.python(bench, "multiprocessing.Pool", "multiprocessing", count: slowCount, pause: 0),
                Parked.python(bench, "loky", "loky", count: slowCount, pause: 0),
            ])
        return [threads, processes]
    }
}
