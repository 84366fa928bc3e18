import Linux
import Pools
import Scheduling

/// A million no-ops on two workers, every record stamped: wall time a task.
enum Million {
    private static let tasks = 1_000_000
    private static let submits = 10_000
    private static let workers = 2
    private static let bound = 40.0

    static func rows(_ bench: Bench) -> [Row] {
        let threads = Row(
            "4 a million no-ops, threads", targets: [.under(bound), .faster(25, than: NIOPool.title)],
            [
                pool(bench, .threads),
                Contestant(NIOPool.title) { NIOPool.many(tasks, threads: workers) },
                Contestant(DispatchPool.title) { DispatchPool.many(tasks, threads: workers) },
                Contestant(TaskGroupPool.title) { TaskGroupPool.group(tasks) },
                map(bench, "InterpreterPoolExecutor.map", "interpreter"),
            ])
        let processes = Row(
            "4 a million no-ops, processes",
            targets: [
                .under(bound), .faster(10, than: "ProcessPoolExecutor.map"),
                .faster(2000, than: "ProcessPoolExecutor.submit"),
            ],
            [
                pool(bench, .processes(threads: 1)),
                map(bench, "ProcessPoolExecutor.map", "process"),
                bench.python("ProcessPoolExecutor.submit") {
                    try $0.ask("submit", "1", "process", "\(submits)").map { $0 / Double(submits) }
                },
                map(bench, "multiprocessing.Pool.map", "multiprocessing"), map(bench, "loky.map", "loky"),
                map(bench, "joblib", "joblib"), map(bench, "mpire.map", "mpire"),
            ])
        return [threads, processes]
    }

    private static func pool(_ bench: Bench, _ kind: PoolKind) -> Contestant {
        Contestant("par") {
            try (0..<bench.samples(5)).map { _ in
                let run = try bench.pools.run(kind, units: workers, tasks: tasks)
                return Double(run.finished.since(run.submitted)) / Double(tasks)
            }
        }
    }

    private static func map(_ bench: Bench, _ name: String, _ kind: String) -> Contestant {
        bench.python(name) { try $0.ask("map", "1", kind, "\(tasks)", "1000").map { $0 / Double(tasks) } }
    }
}
