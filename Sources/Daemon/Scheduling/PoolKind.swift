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

extension PoolKind {
    /// By one number: kinds are looked up many times in each event.
    public func hash(into hasher: inout Hasher) {
        let threads = isThreads ? 0 : UInt64(truncatingIfNeeded: workersPerUnit)
        hasher.combine(UInt64(runtime.number) << 32 ^ threads)
    }
}

extension PoolKind: Comparable {
    /// As pools are listed: in the order of runtimes, native first; of each threads, processes, then the mixed ones.
    public static func < (one: PoolKind, other: PoolKind) -> Bool { one.rank < other.rank }

    private var rank: (UInt32, Int, Int) { (runtime.number, isThreads ? 0 : 1, workersPerUnit) }
}

public typealias JobID = UInt64
public typealias UnitID = Int
public typealias ProcessID = Int
