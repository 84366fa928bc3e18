public import Scheduling

/// The pools and jobs at one moment, for people to look at.
public struct Snapshot: Sendable {
    public let machine: PoolMachine
    /// Process numbers by pool.
    public let pids: [PoolKind: [Int]]
    /// Tasks done so far, by job.
    public let done: [JobID: Int]
    /// The zygotes that have been needed, by runtime; 0 where there is none.
    public let zygotePIDs: [RuntimeID: Int]
    /// How the runtimes are that have been needed. The others are ``RuntimeHealth/gone``.
    public let health: [RuntimeID: RuntimeHealth]

    /// The scripts of each runtime: those that run, by pid, and how many wait for its interpreter.
    public let scripts: [RuntimeID: Scripts]

    public struct Scripts: Sendable {
        public var pids: [Int] = []
        public var waiting = 0
        /// When the interpreter was ready, and what that took; nil while there is none.
        public var readyAt: UInt64?
        public var startup: UInt64?

        public init() {}
    }

    /// Why no workers of some runtime that every daemon has can be started; nil where all can.
    public var brokenReason: String? {
        let reasons = runtimes.compactMap { runtime in
            if case .broken(let reason) = runtime.health, runtime.row.isPermanent { reason } else { nil }
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }

    /// Whether a script runs, or waits to.
    public var hasScripts: Bool { scripts.values.contains { !$0.pids.isEmpty || $0.waiting > 0 } }

    /// The native zygote; 0 while it is being started.
    public var zygotePID: Int { zygotePIDs[.native] ?? 0 }

    /// The runtimes that there are, in the order of their numbers, with how each is.
    public var runtimes: [(row: RuntimeRow, health: RuntimeHealth)] {
        machine.runtimes.values.sorted { $0.id < $1.id }.map { ($0, health[$0.id] ?? .gone) }
    }
}

extension Driver {
    /// Pools and jobs as they are now.
    var snapshot: Snapshot {
        var pids: [PoolKind: [Int]] = [:]
        for process in machine.processes.values.sorted(by: { $0.id < $1.id }) {
            guard let pid = workers[process.id]?.handle?.pid else { continue }
            pids[process.kind, default: []].append(Int(pid))
        }
        let done = Dictionary(uniqueKeysWithValues: machine.jobs.keys.map { ($0, self.done(in: $0)) })
        return Snapshot(
            machine: machine, pids: pids, done: done,
            zygotePIDs: Dictionary(uniqueKeysWithValues: runtimes.map { ($0.id, Int($0.link?.process.pid ?? 0)) }),
            health: Dictionary(uniqueKeysWithValues: runtimes.map { ($0.id, $0.health) }),
            scripts: scriptCounts)
    }
}
