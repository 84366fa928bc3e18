import Linux
import Pools
import Scheduling

/// One no-op after the other, each waited for.
///
/// The spinning pair is kept on two processors, so it is compared with a caller and a worker that are, too. Where the
/// kernel puts the two is what a user gets, beside what else a user could take.
enum BackToBack {
    private static let count = 5000
    private static let slowCount = 200

    static func rows(_ bench: Bench) -> [Row] {
        [threads(bench), processes(bench)]
            + (Place.possible.contains(.apart)
                ? [spin(bench, "threads", .threads), spin(bench, "processes", .processes(threads: 1))] : [])
    }

    private static func threads(_ bench: Bench) -> Row {
        Row(
            "1 no-op, back to back, threads", targets: [],
            [
                Parked.pool(bench, .threads, count: count, pause: 0, .free),
                Parked.closures(bench, NIOPool.self, count: count, pause: 0, .free),
                Parked.closures(bench, DispatchPool.self, count: count, pause: 0, .free),
                Parked.closures(bench, TaskGroupPool.self, count: count, pause: 0, .free),
            ] + Peers.threads.map { Parked.python(bench, $0.0, $0.1, count: slowCount, pause: 0) })
    }

    private static func processes(_ bench: Bench) -> Row {
        Row(
            "1 no-op, back to back, processes", targets: [.faster(300, than: "ProcessPoolExecutor")],
            [Parked.pool(bench, .processes(threads: 1), count: count, pause: 0, .free)]
                + Peers.processes.map { name, kind in
                    // joblib takes a hundred times as long as the others.
                    let count = kind == "joblib" ? slowCount / 20 : slowCount
                    return Parked.python(bench, name, kind, count: count, pause: 0)
                })
    }

    private static func spin(_ bench: Bench, _ title: String, _ kind: PoolKind) -> Row {
        let pair = Contestant("spinning pair") { try bench.limits.ask("spin", "\(bench.samples(count))") }
        return Row(
            "1 no-op, back to back, \(title)\(Place.apart.title)", targets: [.atMost(3, times: pair.name)],
            [Parked.pool(bench, kind, count: count, pause: 0, .apart), pair])
    }
}
