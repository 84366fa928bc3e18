/// The number of a runtime, by which pools, workers and messages name it. A daemon gives none of them out twice.
public struct RuntimeID: Sendable, Hashable, Comparable {
    public let number: UInt32

    public init(number: UInt32) {
        self.number = number
    }

    /// The runtime of workers that need nothing: the first one of every daemon.
    public static let native = RuntimeID(number: 0)

    public static func < (one: RuntimeID, other: RuntimeID) -> Bool { one.number < other.number }
}

/// A runtime's entry in the machine: who uses it, and since when nobody does.
public struct RuntimeRow: Sendable, Equatable {
    public let id: RuntimeID
    public let name: String
    /// Whether it is there for good, used or not.
    public let isPermanent: Bool
    /// Whether it has scripts, and no workers.
    public let isForScripts: Bool
    let idleNanoseconds: UInt64?
    /// Why its first workers are cold; nil once some have come up.
    var firstReason: ColdReason?
    /// Its jobs that have not been forgotten, and its scripts.
    var jobs = 0
    /// Whether it is to be there though nobody uses it.
    public internal(set) var isKept = false
    /// Its processes.
    var processes = 0
    /// When somebody last asked for it.
    var usedAt: UInt64 = 0
    /// Whether it goes as soon as nobody uses it, and takes nobody new meanwhile.
    var isLeaving = false

    /// - Parameter reason: why its first workers are cold, where it takes another's place.
    public init(
        id: RuntimeID, name: String, isPermanent: Bool, isForScripts: Bool = false, idleNanoseconds: UInt64? = nil,
        reason: ColdReason? = nil
    ) {
        self.id = id
        self.name = name
        self.isPermanent = isPermanent
        self.isForScripts = isForScripts
        self.idleNanoseconds = idleNanoseconds
        firstReason = reason
    }

    /// Its name, and whether another one has taken its place.
    public var title: String { isLeaving ? "\(name) (leaving)" : name }
}

// How runtimes come, are told of, and go.
extension PoolMachine {
    /// How a pool is called: `threads`, `processes` or `mixed-2`, and where it needs more than every worker is, with its
    /// runtime: `threads-blas`.
    public func name(of kind: PoolKind) -> String {
        if kind.runtime == .native { return kind.arrangement.name }
        return "\(kind.arrangement.name)-\(runtimes[kind.runtime]?.title ?? "\(kind.runtime.number)")"
    }

    /// Pools that can be given a size before anything has been run on them.
    public var resizable: [PoolKind] {
        runtimes.values.filter { !$0.isLeaving && !$0.isForScripts }.flatMap { row in
            [PoolKind(.threads, runtime: row.id), PoolKind(.processes(threads: 1), runtime: row.id)]
        }
    }

    /// Whether somebody has a use for the runtime's workers, or has them.
    public func isInUse(_ id: RuntimeID) -> Bool {
        guard let row = runtimes[id] else { return false }
        return row.jobs > 0 || row.processes > 0 || row.isKept || hasFloor(id)
    }

    /// Has a runtime be there though nobody uses it, or no longer.
    mutating func keep(_ id: RuntimeID, _ isKept: Bool) {
        guard runtimes[id]?.isLeaving == false else { return }
        change(runtime: id) { $0.isKept = isKept }
        unusedRuntimes.insert(id)
    }

    private func hasFloor(_ id: RuntimeID) -> Bool {
        pools.values.contains { $0.kind.runtime == id && $0.floor > 0 }
    }

    /// Takes a user's runtime in. If there are too many then, the unused one that was asked for longest ago is removed; if
    /// all are in use, the new one is.
    mutating func add(_ row: RuntimeRow, replaces old: RuntimeID?, _ now: UInt64) {
        var row = row
        if let old, runtimes[old]?.isLeaving == false {
            row.firstReason = row.firstReason ?? .fileChanged
            row.isKept = runtimes[old]?.isKept == true
            leave(old)
        }
        let others = runtimes.values.filter { !$0.isPermanent && !$0.isLeaving }
        if others.count >= policy.runtimeLimit {
            let unused = others.filter { row in
                row.jobs == 0 && !row.isKept && !hasFloor(row.id)
                    && now >= row.usedAt + PoolPolicy.runtimeGraceNanoseconds
            }
            guard let victim = unused.min(by: { ($0.usedAt, $0.id) < ($1.usedAt, $1.id) }) else {
                actions.append(.removeRuntime(row.id))
                return
            }
            leave(victim.id)
        }
        row.usedAt = now
        runtimes[row.id] = row
        unusedRuntimes.insert(row.id)
    }

    /// Somebody is about to hand in a job for the runtime.
    mutating func use(_ id: RuntimeID, _ now: UInt64) {
        change(runtime: id) { $0.usedAt = now }
        unusedRuntimes.insert(id)
    }

    /// Has a runtime go as soon as its jobs have ended.
    private mutating func leave(_ id: RuntimeID) {
        change(runtime: id) {
            $0.isLeaving = true
            $0.isKept = false
        }
        for kind in pools.keys where kind.runtime == id {
            change(pool: kind) {
                $0.floor = 0
                $0.shrinksNow = true
            }
            touch(kind)
        }
        unusedRuntimes.insert(id)
    }

    /// Looks which of the runtimes that may be unused are, and gives those up that have been for long enough.
    mutating func retireRuntimes(_ now: UInt64) {
        for id in unusedRuntimes.sorted() {
            guard let row = runtimes[id], !row.isPermanent else { continue }
            if isInUse(id) {
                alarms.set(.runtime(id), to: nil)
                continue
            }
            // One that was just taken in is there for the job that it was taken in for.
            let idle = max(policy.runtimeIdleNanoseconds, PoolPolicy.runtimeGraceNanoseconds)
            let due = row.usedAt + (row.isLeaving ? 0 : idle)
            alarms.set(.runtime(id), to: now < due ? due : nil)
            if now < due { continue }
            runtimes[id] = nil
            broken[id] = nil
            for kind in pools.keys where kind.runtime == id {
                pools[kind] = nil
                alarms.set(.pool(kind), to: nil)
            }
            actions.append(.removeRuntime(id))
        }
        unusedRuntimes = []
    }

    /// Counts a job or a process of a runtime in, or out again.
    mutating func count(_ id: RuntimeID, jobs: Int = 0, processes: Int = 0, _ now: UInt64) {
        let isPermanent = change(runtime: id) { row in
            row.jobs += jobs
            row.processes += processes
            if jobs < 0 { row.usedAt = now }
            return row.isPermanent
        }
        if isPermanent == false { unusedRuntimes.insert(id) }
    }

    /// Why the first workers of a pool are cold.
    func firstReason(_ kind: PoolKind) -> ColdReason { runtimes[kind.runtime]?.firstReason ?? .firstUse }

    /// How long a worker of a pool above its floor waits for work.
    func idleNanoseconds(_ kind: PoolKind) -> UInt64 {
        runtimes[kind.runtime]?.idleNanoseconds ?? policy.idleNanoseconds
    }

    mutating func runtimeBroken(_ runtime: RuntimeID, _ reason: String, _ now: UInt64) {
        guard runtimes[runtime] != nil else { return }
        broken[runtime] = reason
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) where job.request.kind.runtime == runtime {
            switch job.state {
            // Its units may have been asked for and never come.
            case .starting: fail(id, reason, now)
            case .queued where job.request.cold != nil: fail(id, reason, now)
            case .regrouping, .running, .settling: fillSeats(of: id, now)
            case .queued, .collecting, .stopping: break
            }
        }
        for kind in pools.keys where kind.runtime == runtime { touch(kind) }
    }

    mutating func runtimeMended(_ runtime: RuntimeID, _ now: UInt64) {
        guard broken.removeValue(forKey: runtime) != nil else { return }
        for kind in pools.keys where kind.runtime == runtime {
            change(pool: kind) { $0.startFailures = StartFailures() }
            touch(kind)
        }
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) where job.request.kind.runtime == runtime {
            change(job: id) { $0.startFailures = StartFailures() }
            fillSeats(of: id, now)
        }
    }
}
