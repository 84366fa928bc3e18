import Pools
import Scheduling

/// N processes from the first asked for to the last one up: forked ones, and programs.
enum FreshProcesses {
    /// Between two starts, in nanoseconds, for all contestants.
    static let pause = 200_000

    static func rows(_ bench: Bench) -> [Row] {
        [1, 4, 8, 64].map { forked(bench, $0) } + [1, 4].map { programs(bench, $0) }
    }

    private static func forked(_ bench: Bench, _ processes: Int) -> Row {
        let count = bench.samples(processes > 8 ? 6 : 20)
        let raw = Contestant("fork") { try bench.limits.ask("forks", "\(count)", "\(processes)") }
        var targets: [Target] = [.atMost(1.3, times: raw.name)]
        var contestants = [pool(bench, .processes(threads: 1), processes, .fresh, count: count), raw]
        if processes == 4 {
            targets.append(.faster(25, than: "ProcessPoolExecutor"))
            // joblib's workers are loky's.
            for (name, kind) in Peers.processes where kind != "joblib" {
                contestants.append(bench.python(name) { try $0.ask("start", "1", kind, "\(processes)") })
            }
        }
        return Row("6 fresh processes: \(processes)", targets: targets, contestants)
    }

    private static func programs(_ bench: Bench, _ processes: Int) -> Row {
        let count = bench.samples(10)
        let raw = Contestant("posix_spawn of static C") {
            try bench.limits.ask("programs", "\(count)", "\(processes)")
        }
        return Row(
            "9 fresh programs: \(processes)", targets: [.atMost(1.3, times: raw.name)],
            [pool(bench, .processes(threads: 1), processes, .exec, count: count), raw])
    }

    /// The startup phase of cold runs, in nanoseconds.
    static func pool(_ bench: Bench, _ kind: PoolKind, _ units: Int, _ cold: ColdStart, count: Int) -> Contestant {
        Contestant("par") {
            try (0..<count).map { _ in
                rest(nanoseconds: pause)
                return Double(try bench.pools.run(kind, units: units, tasks: units, cold: cold).phases.startup)
            }
        }
    }
}
