/// What a pool's workers are.
public enum PoolKind: Hashable, Sendable {
    /// Threads of one process.
    case threads
    /// Processes of this many threads each.
    case processes(threads: Int)

    /// How operators call the pool.
    public var name: String {
        switch self {
        case .threads: "threads"
        case .processes(threads: 1): "processes"
        case .processes(let threads): "mixed-\(threads)"
        }
    }

    /// The workers in one unit, the least that the pool starts, leases and stops at a time.
    public var workersPerUnit: Int {
        switch self {
        case .threads: 1
        case .processes(let threads): threads
        }
    }
}

/// How a run's workers are started when it wants none that are warm.
public enum ColdStart: Sendable, Equatable {
    /// Threads in a running process, processes by fork.
    case fresh
    /// Processes that are programs started anew.
    case exec
}

/// Why a run did not find its workers warm.
public enum ColdReason: String, Sendable {
    case requested = "requested"
    case poolTooSmall = "pool too small"
    case workerReplaced = "worker replaced"
    case firstUse = "first use"
}

/// Why a job ends before its tasks are done.
public enum CancelCause: Sendable, Equatable {
    /// Somebody asked for it, or its client went away.
    case request
    case timeout
    case shutdown
    /// As many of its tasks have failed as it allows.
    case halt
    /// Its workers did not come up.
    case workersFailed
}

/// What a job wants of the pools.
public struct LeaseRequest: Sendable, Equatable {
    public var kind: PoolKind
    /// How many units of the pool.
    public var units: Int
    public var cold: ColdStart?
    /// When it is to end at the latest; nil for no limit.
    public var deadline: UInt64?

    public init(kind: PoolKind, units: Int, cold: ColdStart? = nil, deadline: UInt64? = nil) {
        self.kind = kind
        self.units = units
        self.cold = cold
        self.deadline = deadline
    }

    public var workers: Int { units * kind.workersPerUnit }
}

public typealias JobID = UInt64
public typealias UnitID = Int
public typealias ProcessID = Int
