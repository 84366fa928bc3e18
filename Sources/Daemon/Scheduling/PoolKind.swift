/// What a pool's workers are made of, and how they are arranged.
public struct PoolKind: Hashable, Sendable {
    public let arrangement: Arrangement
    public var runtime: RuntimeID

    /// How workers share processes.
    public enum Arrangement: Hashable, Sendable {
        /// Threads of one process.
        case threads
        /// Processes of this many threads each.
        case processes(threads: Int)

        /// How operators call it: `threads`, `processes` or `mixed-2`.
        public var name: String {
            switch self {
            case .threads: "threads"
            case .processes(threads: 1): "processes"
            case .processes(let threads): "mixed-\(threads)"
            }
        }
    }

    public init(_ arrangement: Arrangement, runtime: RuntimeID = .native) {
        self.arrangement = arrangement
        self.runtime = runtime
    }

    /// Native threads of one process.
    public static let threads = PoolKind(.threads)

    /// Native processes of this many threads each.
    public static func processes(threads: Int) -> PoolKind { PoolKind(.processes(threads: threads)) }

    public var isThreads: Bool { arrangement == .threads }

    /// The workers in one unit, the least that the pool starts, leases and stops at a time.
    public var workersPerUnit: Int {
        switch arrangement {
        case .threads: 1
        case .processes(let threads): threads
        }
    }

    /// Whether the pool is there from the start and for good, used or not.
    var isPermanent: Bool { runtime == .native && workersPerUnit == 1 }
}

extension PoolKind: Comparable {
    /// As pools are listed: in the order of runtimes, native first; of each threads, processes, then the mixed ones.
    public static func < (one: PoolKind, other: PoolKind) -> Bool { one.rank < other.rank }

    private var rank: (UInt32, Int, Int) { (runtime.number, isThreads ? 0 : 1, workersPerUnit) }
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
    /// The library that the workers have loaded is another one than before.
    case fileChanged = "file changed"
}

/// Why a job ends before its tasks are done.
public enum CancelCause: Sendable, Equatable {
    /// Somebody asked for it, or its client went away.
    case request
    case timeout
    case shutdown
    /// As many of its tasks have failed as it allows.
    case halt
    /// Its workers did not come up; ``JobRow/failureReason`` says why.
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
    /// The user ID of whom it is for.
    public var user: UInt32

    public init(kind: PoolKind, units: Int, cold: ColdStart? = nil, deadline: UInt64? = nil, user: UInt32 = 0) {
        self.kind = kind
        self.units = units
        self.cold = cold
        self.deadline = deadline
        self.user = user
    }

    public var workers: Int { units * kind.workersPerUnit }
}

public typealias JobID = UInt64
public typealias UnitID = Int
public typealias ProcessID = Int
