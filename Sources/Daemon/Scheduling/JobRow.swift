public import Timing

/// What a job wants of the pools.
public struct LeaseRequest: Sendable, Equatable {
    public var kind: PoolKind
    /// How many units of the pool.
    public var units: Int
    public var cold: ColdStart?
    /// When it is to end at the latest; nil for no limit.
    public var deadline: UInt64?
    /// The ID of the user that it is for.
    public var user: UInt32
    /// Whether a client has the workers for as long as it wants, so that nobody is to wait for them.
    public var isHeld: Bool
    /// Whether it waits for the workers of its pool, however long they are busy, rather than have the pool grow.
    public var waits = false
    /// Whether a command of this daemon's, or of another one, has asked for it: whoever has a worker may be waiting for it, so
    /// that it waits for nobody's.
    public var isInner = false
    /// Whether who has asked for the workers gives them their orders himself.
    public var isDirect = false
    /// The process that has asked for it; 0 where that is not known.
    public var caller: Int32 = 0

    /// Whether one warm worker of the project's own code does it, for as long as it takes.
    var isSingle: Bool {
        units == 1 && cold == nil && !isHeld && !isDirect && kind.runtime == .native && kind.workersPerUnit == 1
    }

    public init(
        kind: PoolKind, units: Int, cold: ColdStart? = nil, deadline: UInt64? = nil, user: UInt32 = 0,
        isHeld: Bool = false
    ) {
        self.kind = kind
        self.units = units
        self.cold = cold
        self.deadline = deadline
        self.user = user
        self.isHeld = isHeld
    }

    public var workers: Int { units * kind.workersPerUnit }
}

/// How a run's workers are started when it wants none that are warm.
public enum ColdStart: Sendable, Equatable {
    /// Threads in a running process, processes by fork.
    case fresh
    /// Processes that are programs started anew.
    case exec
}

/// Why a run did not find its workers warm.
public enum ColdReason: Sendable, Equatable {
    case requested
    case poolTooSmall
    /// The pool's workers were at other jobs.
    case poolBusy
    case workerReplaced
    case firstUse
    /// The library that the workers have loaded is another one than before.
    case fileChanged
    /// What the workers were made of is another than before: what, for people.
    case runtimeChanged(String)

    /// For people.
    public var text: String {
        switch self {
        case .requested: "requested"
        case .poolTooSmall: "pool too small"
        case .poolBusy: "pool busy"
        case .workerReplaced: "worker replaced"
        case .firstUse: "first use"
        case .fileChanged: "file changed"
        case .runtimeChanged(let what): what
        }
    }
}

/// Why a job ends before its tasks are done.
public enum CancelCause: Sendable, Equatable {
    /// Somebody asked for it, or its client went away.
    case request
    /// The client of a lease needs it no more.
    case released
    case timeout
    case shutdown
    /// As many of its tasks have failed as it allows.
    case halt
    /// Its workers did not come up, and why.
    case workersFailed(reason: String)
}

/// A job's entry.
public struct JobRow: Sendable {
    public let id: JobID
    public let request: LeaseRequest
    var stage = Stage.queued(claim: 0)
    /// The job's units by seat. A seat whose unit died is nil until another takes it.
    public internal(set) var crew: [UnitID?] = []
    public internal(set) var reason: ColdReason?
    public internal(set) var stamps: Stamps
    public internal(set) var cancelled: CancelCause?
    /// Workers that died unasked while they were the job's.
    public internal(set) var deaths = 0
    /// How many units of the crew are up.
    var ready = 0
    /// The unit that has been given the waiting job beside another one.
    var assignedTo: UnitID?
    /// How long its only worker was at it, as far as that is known.
    var workNanoseconds: UInt64?
    /// Units of a cold job that are not gone.
    var coldUnits = 0
    /// Whether its workers are charged to its user.
    var isCharged = false
    /// Its units that died before they were up. Until another start may be tried its empty seats stay so.
    var startFailures = StartFailures()
    /// Those that died of what they do before their first task of it, likewise.
    var joinFailures = StartFailures()
    /// When units were handed it last.
    var handedAt: UInt64 = 0
    /// How often in a row all units of a client's job have left it at once, and until when it is not handed them again.
    var desertions = 0
    var returnsAt: UInt64 = 0
    /// Workers for its empty seats that count among the pledged ones.
    var pledge = 0

    init(id: JobID, request: LeaseRequest, stamps: Stamps) {
        self.id = id
        self.request = request
        self.stamps = stamps
    }

    /// How far a job is, with what it has there and nowhere else.
    enum Stage: Sendable {
        /// It waits for workers. It is about to start as many as it claims once there is room; they count among the
        /// claimed ones.
        case queued(claim: Int)
        /// Its workers are on their way. Where the pool grew for this job, it says when those workers were asked for.
        case starting(growthAskedAt: UInt64?)
        case running(Work)
        case settling
        case regrouping
        case collecting
        case stopping

        var state: State {
            switch self {
            case .queued: .queued
            case .starting: .starting
            case .running: .running
            case .settling: .settling
            case .regrouping: .regrouping
            case .collecting: .collecting
            case .stopping: .stopping
            }
        }
    }

    /// What the crew of a running job is at.
    struct Work: Sendable {
        /// Units that have been handed the job and have not been seen leaving.
        var units: Set<UnitID> = []
        /// Whether one of them died, or the job was cancelled, so that tasks may be left behind.
        var isDisturbed = false
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

    public var state: State { stage.state }

    /// Units that have been handed the job and have not been seen leaving.
    public var atWork: Set<UnitID> {
        if case .running(let work) = stage { work.units } else { [] }
    }

    /// Whether tasks may be left behind by those that are at work.
    var isDisturbed: Bool {
        if case .running(let work) = stage { work.isDisturbed } else { false }
    }

    /// Workers that it is about to start once there is room.
    var claim: Int {
        if case .queued(let claim) = stage { claim } else { 0 }
    }

    /// Whether it has workers, or is about to.
    var isHolding: Bool {
        switch state {
        case .queued, .starting, .running, .settling, .regrouping: true
        case .collecting, .stopping: false
        }
    }

    /// Why its workers did not come up, where that is why it was cancelled.
    public var failureReason: String? {
        if case .workersFailed(let reason) = cancelled { reason } else { nil }
    }

    package var units: [UnitID] { crew.compactMap { $0 } }

    /// Seats that wait for another unit.
    var vacantSeats: [Int] { crew.indices.filter { crew[$0] == nil } }

    /// Notes that tasks may be left behind by those that are at work, and that `leaver` is no longer among them.
    mutating func disturb(leaver: UnitID? = nil) {
        guard case .running(var work) = stage else { return }
        work.isDisturbed = true
        if let leaver { work.units.remove(leaver) }
        stage = .running(work)
    }
}

/// Starts that failed one after the other, and until when no other is tried.
struct StartFailures: Sendable {
    private(set) var count = 0
    /// Before that time no other start is tried.
    private(set) var retryAt: UInt64 = 0
    /// What is known of the last one.
    var reason: String?

    /// Notes a failure. Those of starts that were on their way together count as one.
    mutating func note(_ now: UInt64, _ policy: PoolPolicy) {
        if now < retryAt { return }
        count += 1
        retryAt = now + policy.pause(after: count)
    }

    /// A unit has come up.
    mutating func endSeries() { count = 0 }
}
