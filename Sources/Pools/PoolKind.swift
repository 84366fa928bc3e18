public import Catalogue

/// What a pool's workers are, and the library that they have loaded.
public struct PoolKind: Hashable, Sendable {
    public let arrangement: Arrangement
    public let library: Library

    /// How workers share processes.
    public enum Arrangement: Hashable, Sendable {
        /// Threads of one process.
        case threads
        /// Processes of this many threads each.
        case processes(threads: Int)
    }

    public init(_ arrangement: Arrangement, library: Library = .none) {
        self.arrangement = arrangement
        self.library = library
    }

    /// Threads of one process, without a library.
    public static let threads = PoolKind(.threads)

    /// Processes of this many threads each, without a library.
    public static func processes(threads: Int) -> PoolKind { PoolKind(.processes(threads: threads)) }

    public var isThreads: Bool { arrangement == .threads }

    /// How operators call the pool: `threads`, `processes` or `mixed-2`, and with a library `threads-blas`.
    public var name: String {
        let own =
            switch arrangement {
            case .threads: "threads"
            case .processes(threads: 1): "processes"
            case .processes(let threads): "mixed-\(threads)"
            }
        return library == .none ? own : "\(own)-\(library.name)"
    }

    /// The workers in one unit, the least that the pool starts, leases and stops at a time.
    public var workersPerUnit: Int {
        switch arrangement {
        case .threads: 1
        case .processes(let threads): threads
        }
    }

    /// Pools that can be given a size before anything has been run on them.
    public static let resizable: [PoolKind] = Library.allCases.flatMap { library in
        [PoolKind(.threads, library: library), PoolKind(.processes(threads: 1), library: library)]
    }

    /// Whether the pool is there from the start and for good, used or not.
    var isPermanent: Bool { library == .none && workersPerUnit == 1 }
}

extension PoolKind: Comparable {
    /// As pools are listed: without a library first; of each library threads, processes, then the mixed ones.
    public static func < (one: PoolKind, other: PoolKind) -> Bool { one.rank < other.rank }

    private var rank: (UInt32, Int, Int) { (library.rawValue, isThreads ? 0 : 1, workersPerUnit) }
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
