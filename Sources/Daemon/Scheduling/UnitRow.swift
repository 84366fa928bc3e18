/// A unit's entry: one thread of the thread pool, or one process with all its threads.
public struct UnitRow: Sendable {
    public let id: UnitID
    public let kind: PoolKind
    public let process: ProcessID
    /// Belongs to one cold run and ends with it.
    public let isCold: Bool
    let generation: Int
    /// Why it was started; nil for a floor's.
    let reason: ColdReason?
    public let askedAt: UInt64
    public internal(set) var readyAt: UInt64?
    public internal(set) var job: JobID?
    /// Whether that is a client's for as long as it wants: nobody who waits for units counts on this one.
    var isHeld = false
    /// Its place in the job's crew.
    public internal(set) var seat = 0
    public internal(set) var state = State.starting
    var idleSince: UInt64 = 0
    /// Waiting jobs that it has been given beside its own, and goes on with by itself, in this order.
    public internal(set) var next: [JobID] = []
    /// The waiting job for which the pool grew by it, until a job has it.
    var wantedBy: JobID?

    public enum State: Sendable, Equatable {
        case starting, ready, stopping
    }

    public var workers: Int { kind.workersPerUnit }

    /// Whether it counts among its pool's: not where it is a cold run's, or has been told to stop.
    var isMember: Bool { !isCold && state != .stopping }
}

/// A worker process's entry.
public struct ProcessRow: Sendable {
    public let id: ProcessID
    public let kind: PoolKind
    /// Belongs to one cold run.
    let isCold: Bool
    public internal(set) var isStopping = false
    /// Its units.
    public internal(set) var units: Set<UnitID> = []
    /// How many of them have been told to stop.
    var stopping = 0

    init(id: ProcessID, kind: PoolKind, isCold: Bool) {
        self.id = id
        self.kind = kind
        self.isCold = isCold
    }
}
