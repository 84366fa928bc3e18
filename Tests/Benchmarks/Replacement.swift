import Glibc
import Linux
import Pools
import Scheduling

/// A warm process is killed: how long until its successor is up.
enum Replacement {
    private static let kind = PoolKind.processes(threads: 1)
    private static let count = 25

    static func rows(_ bench: Bench) -> [Row] {
        let raw = Contestant("kill, wait, fork") { try bench.limits.ask("replace", "\(bench.samples(count))") }
        let own = Contestant("par") { try (0..<bench.samples(count)).map { _ in try replace(bench.pools) } }
        return [
            Row("7 killed to replaced", targets: [.tailUnder(2_000_000, unlessMissedBy: raw.name)], [own, raw])
        ]
    }

    private static func replace(_ pools: WarmPools) throws -> Double {
        guard let pid = pools.look()?.pids[kind]?.first else { throw Bench.Missing(description: "no warm process") }
        rest(nanoseconds: 1_000_000)
        let killed = Monotonic.now()
        kill(Int32(pid), SIGKILL)
        while true {
            // Long enough for looking not to be in the way.
            rest(nanoseconds: 2_000_000)
            let members = pools.look()?.machine.members(of: kind) ?? []
            let new = members.compactMap(\.readyAt).max() ?? 0
            if new > killed, members.count == WarmPools.floor { return Double(new - killed) }
        }
    }
}
