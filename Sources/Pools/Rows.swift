public import Timing

/// A pool's entry in the machine.
public struct PoolRow: Sendable {
    public let kind: PoolKind
    /// Units that are kept whatever happens.
    public var floor: Int
    /// Jobs that wait for units, first come first served.
    public internal(set) var queue: [JobID] = []
    /// Units of an earlier generation are stopped as soon as they are free.
    var generation = 0
    /// Whether all of the units were up at some time.
    var hasBeenWarm = false
    var shrinksNow = false
    /// Why workers of the floor are missing; nil before they were there for the first time.
    var shortage: ColdReason?
    /// Deaths in a row of workers that were not up yet.
    var startFailures = 0
    var retryAt: UInt64 = 0
    /// Units that died unasked.
    public internal(set) var replaced = 0
}

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
    public internal(set) var state = State.starting
    var idleSince: UInt64 = 0

    public enum State: Sendable, Equatable {
        case starting, ready, stopping
    }

    public var workers: Int { kind.workersPerUnit }
    var isFree: Bool { job == nil && state != .stopping && !isCold }
}

/// A worker process's entry.
public struct ProcessRow: Sendable {
    public let id: ProcessID
    public let kind: PoolKind
    let generation: Int
    /// Belongs to one cold run.
    let isCold: Bool
    var isStopping = false
    /// When it is killed, because it has not done what it was told to stop; nil while nothing is to stop.
    var killAt: UInt64?
}

/// A job's entry.
public struct JobRow: Sendable {
    public let id: JobID
    public let request: LeaseRequest
    public internal(set) var state = State.queued
    /// The job's units by seat. A seat whose unit died is nil until another takes it.
    public internal(set) var crew: [UnitID?] = []
    public internal(set) var reason: ColdReason?
    public internal(set) var stamps: Stamps
    public internal(set) var cancelled: CancelCause?
    /// Whether a worker died at the job, or it was cancelled, so that tasks may be left behind.
    var isDisturbed = false
    /// Units that have been handed the job and have not been seen leaving.
    public internal(set) var atWork: Set<UnitID> = []
    /// Units that have been handed the job in this round and have left.
    var left: Set<UnitID> = []
    var killAt: UInt64?
    /// Units that died before they were up.
    var startFailures = 0
    /// What is known of the last of these deaths.
    var startFailure: String?
    /// Why its workers did not come up, where that is why it was cancelled.
    public internal(set) var failureReason: String?

    public enum State: String, Sendable {
        case queued, starting, running
        /// Its tasks are being settled, as some may have been left behind.
        case settling
        /// Its crew is gone or about to come, and tasks are left to be done again.
        case regrouping
        case collecting, stopping
    }

    var units: [UnitID] { crew.compactMap { $0 } }
}
