public import Timing

/// A pool's entry in the machine.
public struct PoolRow: Sendable {
    public let kind: PoolKind
    /// Units that are kept whatever happens.
    public var floor: Int
    /// Jobs that wait for units.
    public internal(set) var queue = JobQueue()
    /// Units of an earlier generation are stopped as soon as they are free.
    var generation = 0
    /// Whether all of the units were up at some time.
    var hasBeenWarm = false
    var shrinksNow = false
    /// Why workers of the floor are missing; nil before they were there for the first time.
    var shortage: ColdReason?
    /// How often in a row workers died that were not up yet.
    var startFailures = 0
    /// Before that time no other start is tried.
    var retryAt: UInt64 = 0
    /// Units that died unasked.
    public internal(set) var replaced = 0

    /// Units that are not cold and have not been told to stop. The rest of the counts is about these.
    var members: Set<UnitID> = []
    /// Those of the newest generation.
    var size = 0
    /// Those that are up.
    var ready = 0
    /// Those that are not up yet.
    var starting = 0
    /// Free units of the newest generation that are up. The one that worked last stands last.
    var idle = OrderedSet<UnitID>()
    /// Free units of the newest generation that are not up yet.
    var coming = OrderedSet<UnitID>()
    /// Free units of earlier generations that are up.
    var outdated = OrderedSet<UnitID>()
    /// Units that are at jobs, by user, where users are told apart.
    var busy: [UInt32: Int] = [:]
    /// The process in which the newest generation's threads are started, in pools of threads.
    var host: ProcessID?
    /// Jobs that are not stopping.
    var jobs = 0
    /// The waiting job for which the pool claims room to grow.
    var claimant: JobID?

    init(kind: PoolKind, floor: Int) {
        self.kind = kind
        self.floor = floor
    }

    /// Whether it has the size that it is to have, and nobody waits for it.
    var isSettled: Bool {
        size == floor && queue.isEmpty && claimant == nil && outdated.isEmpty && !shrinksNow && !members.isEmpty
    }

    /// Counts a member in, or out again.
    mutating func count(_ unit: UnitRow, isIn: Bool) {
        let sign = isIn ? 1 : -1
        if unit.state == .ready { ready += sign } else { starting += sign }
        let isNewest = unit.generation == generation
        if isNewest { size += sign }
        guard unit.job == nil else { return }
        switch (isIn, unit.state, isNewest) {
        case (true, .ready, true): idle.append(unit.id)
        case (true, .ready, false): outdated.append(unit.id)
        case (true, _, true): coming.append(unit.id)
        case (true, _, false): break
        case (false, _, _):
            if !idle.remove(unit.id), !coming.remove(unit.id) { outdated.remove(unit.id) }
        }
    }

    /// Begins a new generation: the units that there are belong to an earlier one from now on.
    mutating func age() {
        generation += 1
        size = 0
        host = nil
        for unit in idle { outdated.append(unit) }
        idle = OrderedSet()
        coming = OrderedSet()
    }
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
    /// Its place in the job's crew.
    public internal(set) var seat = 0
    public internal(set) var state = State.starting
    var idleSince: UInt64 = 0
    /// The waiting job for which the pool grew by it, until a job has it.
    var wantedBy: JobID?

    public enum State: Sendable, Equatable {
        case starting, ready, stopping
    }

    public var workers: Int { kind.workersPerUnit }
}

/// A worker process's entry.
public struct ProcessRow: Sendable {
    public let id: ProcessID
    public let kind: PoolKind
    let generation: Int
    /// Belongs to one cold run.
    let isCold: Bool
    public internal(set) var isStopping = false
    /// Its units.
    public internal(set) var units: Set<UnitID> = []
    /// How many of them have been told to stop.
    var stopping = 0

    init(id: ProcessID, kind: PoolKind, generation: Int, isCold: Bool) {
        self.id = id
        self.kind = kind
        self.generation = generation
        self.isCold = isCold
    }
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
    /// Why its workers did not come up, where that is why it was cancelled.
    public internal(set) var failureReason: String?
    /// Workers that died unasked while they were the job's.
    public internal(set) var deaths = 0
    /// Whether a worker died at the job, or it was cancelled, so that tasks may be left behind.
    var isDisturbed = false
    /// Units that have been handed the job and have not been seen leaving.
    public internal(set) var atWork: Set<UnitID> = []
    /// How many seats are taken.
    var seated = 0
    /// How many of these units are up.
    var ready = 0
    /// Seats that wait for another unit.
    var vacant: [Int] = []
    /// Units of a cold job that are not gone.
    var coldUnits = 0
    /// Workers that it is about to start once there is room; they count among the claimed ones.
    var claim = 0
    /// Workers that are charged to its user.
    var charged = 0
    /// When the workers were asked for by which the pool grew for this job.
    var growthAskedAt: UInt64?
    /// How often in a row units died before they were up.
    var startFailures = 0
    /// What is known of the last of these deaths.
    var startFailure: String?
    /// Before that time vacant seats are not filled.
    var retryAt: UInt64 = 0
    /// Workers for its vacant seats that count among the pledged ones.
    var pledge = 0

    init(id: JobID, request: LeaseRequest, stamps: Stamps) {
        self.id = id
        self.request = request
        self.stamps = stamps
    }

    public enum State: String, Sendable {
        case queued, starting, running
        /// Its tasks are being settled, as some may have been left behind.
        case settling
        /// Its crew is gone or about to come, and tasks are left to be done again.
        case regrouping
        case collecting, stopping

        /// Whether the job has units, and tasks that may still need them.
        var isActive: Bool {
            switch self {
            case .starting, .running, .settling, .regrouping: true
            case .queued, .collecting, .stopping: false
            }
        }
    }

    package var units: [UnitID] { crew.compactMap { $0 } }
}
