public import Catalogue
import Timing

/// All pools and the jobs on them, as a pure state machine: it is told what happened and when, and says what to do.
///
/// It has no clock, process or memory of its own. ``step(_:at:)`` is the only way in.
public struct PoolMachine: Sendable {
    /// What happened.
    public enum Event: Sendable, Equatable {
        /// Start the floors.
        case begin
        case submit(JobID, LeaseRequest)
        /// These units came up, each at its time.
        case unitsReady([UnitID: UInt64])
        /// These threads have been stopped, the last one at this time.
        case unitsGone([UnitID], at: UInt64)
        /// A process has ended, whatever the reason, or could not be started; then `reason` says why, where that is known.
        case processGone(ProcessID, at: UInt64, reason: String? = nil)
        /// A process was not started, for no fault of its pool's.
        case processMissing(ProcessID)
        /// No process can be started for workers with this library.
        case runtimeBroken(Library, reason: String)
        /// Processes for workers with this library can be started again.
        case runtimeMended(Library)
        /// No worker is at the job any more.
        case crewLeft(JobID)
        /// The job's tasks have been settled, and this many are to be done again.
        case settled(JobID, again: Int)
        case collected(JobID, at: UInt64)
        case cancel(JobID, CancelCause)
        /// So many of the job's tasks have failed that its workers began no others, and have left.
        case halted(JobID)
        case resize(PoolKind, Int)
        case recycle(PoolKind)
        /// Keep the pools by other times and sizes from now on.
        case policy(PoolPolicy)
        /// Stop every worker that has nothing to do, and start none to keep floors.
        case drain
        /// Time has passed.
        case tick
    }

    /// What to do.
    public enum Action: Sendable, Equatable {
        /// Start a process for these units, by fork or as a program.
        case fork(ProcessID, [UnitID], exec: Bool)
        case startThreads(ProcessID, [UnitID])
        case stopThreads(ProcessID, [UnitID])
        case stopProcess(ProcessID)
        case kill(ProcessID)
        /// Hand the job to these units. Seats are given by their place in the job's crew.
        case publish(JobID, [UnitID])
        /// Tell the job's tasks to stop.
        case cancelTasks(JobID)
        /// Give the tasks that were left behind a terminal state, or put them aside to be done again.
        case settle(JobID)
        /// The job's tasks have all ended: assemble the results.
        case finished(JobID)
        /// The job is over and its workers are where they belong.
        case ended(JobID)
        /// All floors are warm for the first time.
        case warm
    }

    public internal(set) var policy: PoolPolicy
    public internal(set) var pools: [PoolKind: PoolRow]
    public internal(set) var jobs: [JobID: JobRow] = [:]
    public internal(set) var units: [UnitID: UnitRow] = [:]
    public internal(set) var processes: [ProcessID: ProcessRow] = [:]
    /// Workers that died unasked and were replaced, since the start.
    public internal(set) var replaced = 0
    var nextUnit = 0
    var nextProcess = 0
    /// Why no worker with a library can be started.
    var broken: [Library: String] = [:]
    public internal(set) var isDraining = false
    var isWarm = false
    var actions: [Action] = []

    public init(policy: PoolPolicy) {
        self.policy = policy
        pools = [
            .threads: PoolRow(kind: .threads, floor: policy.threadFloor),
            .processes(threads: 1): PoolRow(kind: .processes(threads: 1), floor: policy.processFloor),
        ]
    }

    /// Takes one event in.
    ///
    /// - Parameter now: the time of the event's handling, in monotonic nanoseconds; never earlier than the time before.
    /// - Returns: what to do, in this order.
    public mutating func step(_ event: Event, at now: UInt64) -> [Action] {
        actions = []
        switch event {
        case .begin, .tick: upkeep(now)
        case .submit(let job, let request): submit(job, request, now)
        case .unitsReady(let times): unitsReady(times, now)
        case .unitsGone(let gone, let at): unitsGone(gone, at, now)
        case .processGone(let process, let at, let reason): processGone(process, at, reason, now)
        case .processMissing(let process): processGone(process, now, nil, now, isBlameless: true)
        case .runtimeBroken(let library, let reason): runtimeBroken(library, reason, now)
        case .runtimeMended(let library): runtimeMended(library, now)
        case .crewLeft(let job): crewLeft(job, now)
        case .settled(let job, let again): settled(job, again: again, now)
        case .collected(let job, let at): collected(job, at, now)
        case .cancel(let job, let cause): cancel(job, cause, now)
        case .halted(let job): halted(job)
        case .resize(let kind, let size):
            resize(kind, size)
            upkeep(now)
        case .recycle(let kind): recycle(kind, now)
        case .policy(let policy): adopt(policy, now)
        case .drain:
            isDraining = true
            upkeep(now)
        }
        if !isWarm, isEveryFloorReady {
            isWarm = true
            actions.append(.warm)
        }
        return actions
    }

    /// Whether all workers that are to be kept warm are.
    public var isEveryFloorReady: Bool {
        pools.values.allSatisfy { pool in members(of: pool.kind).count { $0.readyAt != nil } >= pool.floor }
    }

    /// Workers that exist or have been asked for.
    public var workerCount: Int { units.values.reduce(0) { $0 + $1.workers } }

    /// The units of a pool, oldest first, without those of cold runs and those that are being stopped.
    public func members(of kind: PoolKind) -> [UnitRow] {
        units.values.filter { $0.kind == kind && !$0.isCold && $0.state != .stopping }.sorted { $0.id < $1.id }
    }
}
