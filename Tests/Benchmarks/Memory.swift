import Glibc
import Pools
import Scheduling

/// What an idle worker that has worked adds to the host's memory: PSS, pages that are shared counted in parts.
enum Memory {
    private static let processes = PoolKind.processes(threads: 1)
    private static let moreThreads = 32

    static func rows(_ bench: Bench) -> [Row] {
        [
            Row(
                "9 memory of an idle process", unit: .bytes, targets: [.under(524_288)],
                [Contestant("par") { try process(bench.pools) }]
                    + Peers.processes.map { name, kind in bench.python(name) { try $0.ask("memory", "1", kind) } }),
            Row(
                "9 memory of an idle thread", unit: .bytes, targets: [.under(65_536)],
                [Contestant("par") { [try thread(bench.pools)] }]),
        ]
    }

    private static func process(_ pools: WarmPools) throws -> [Double] {
        _ = try pools.run(processes, units: WarmPools.floor, tasks: 100)
        return try (pools.look()?.pids[processes] ?? []).map(proportionalBytes)
    }

    /// What the thread pool's process takes more with more threads.
    private static func thread(_ pools: WarmPools) throws -> Double {
        let before = try host(pools)
        try pools.resize(.threads, to: WarmPools.floor + moreThreads)
        _ = try pools.run(.threads, units: WarmPools.floor + moreThreads, tasks: 1000)
        let after = try host(pools)
        try pools.resize(.threads, to: WarmPools.floor)
        return (after - before) / Double(moreThreads)
    }

    private static func host(_ pools: WarmPools) throws -> Double {
        try (pools.look()?.pids[.threads] ?? []).map(proportionalBytes).reduce(0, +)
    }

    private static func proportionalBytes(_ pid: Int) throws -> Double {
        guard let file = fopen("/proc/\(pid)/smaps_rollup", "r") else {
            throw Bench.Missing(description: "no smaps of \(pid)")
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0, let line {
            let words = String(cString: line).split(whereSeparator: \.isWhitespace)
            if words.first == "Pss:", words.count > 1, let kibibytes = Double(words[1]) { return kibibytes * 1024 }
        }
        return 0
    }
}
