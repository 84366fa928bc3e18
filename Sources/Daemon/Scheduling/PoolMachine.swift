import Sharing
import Timing

/// All pools and the jobs on them, as a pure state machine: it is told what happened and when, and says what to do.
///
/// It has no clock, process or memory of its own. ``step(_:at:)`` is the only way in. What it knows is indexed, so that an
/// event costs what it touches, however many workers there are.
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
        /// It had begun a task of its job, or not. Of the jobs that its units had been given beside their own, `withdrawn` had not
        /// been begun.
        case processGone(
            ProcessID, at: UInt64, reason: String? = nil, hasWorked: Bool = true, withdrawn: [JobID] = [])
        /// A process was not started, for no fault of its pool's.
        case processMissing(ProcessID, withdrawn: [JobID] = [])
        /// A runtime of a user's is there from now on, in the place of an older one of the same file.
        case runtimeAdded(RuntimeRow, replaces: RuntimeID?)
        /// Somebody is about to hand in a job for this runtime.
        case runtimeUsed(RuntimeID)
        /// A script of this runtime is there, which needs no worker; and is no longer.
        case scriptCame(RuntimeID)
        case scriptWent(RuntimeID)
        /// The runtime is to be there though nobody uses it, or need not be any more.
        case keepRuntime(RuntimeID, Bool)
        /// No process of this runtime can be started.
        case runtimeBroken(RuntimeID, reason: String)
        /// Processes of this runtime can be started again.
        case runtimeMended(RuntimeID)
        /// Workers that were idle at a client's job have left it, as others wait for them.
        case unitsLeft(JobID, [UnitID])
        /// A waiting job has been taken back from the unit that had been given it.
        case withdrawn(JobID)
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
        /// The same, unless something of it is at a task. It is asked for again until the process has done what it was told.
        case killUnlessBusy(ProcessID)
        /// Hand the job to these units. Seats are given by their place in the job's crew.
        case publish(JobID, [UnitID])
        /// Give the waiting job to this unit, which is at another one and goes on with it by itself.
        case assign(JobID, UnitID)
        /// Take the jobs back that the unit has been given beside its own, as far as it has not begun them.
        case withdraw(UnitID)
        /// The unit is at this job now, with which it has gone on, or is about to.
        case goneOn(JobID, UnitID)
        /// Tell the job's tasks to stop.
        case cancelTasks(JobID)
        /// Give the tasks that were left behind a terminal state, or put them aside to be done again.
        case settle(JobID)
        /// The job's tasks have all ended: assemble the results.
        case finished(JobID)
        /// The job is over and its workers are where they belong.
        case ended(JobID)
        /// Nobody uses the runtime: end its zygote, and forget it.
        case removeRuntime(RuntimeID)
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
    public internal(set) var isDraining = false

    /// Workers that exist or have been asked for.
    public internal(set) var workerCount = 0
    /// Workers that are at a job, or on their way to one.
    public internal(set) var busyWorkers = 0
    /// Workers that have been told to stop.
    var stoppingWorkers = 0
    /// Units that are not up yet.
    public internal(set) var startingUnits: Set<UnitID> = []
    /// Units that have been told to stop.
    public internal(set) var stoppingUnits: Set<UnitID> = []
    /// Jobs whose workers are at their tasks.
    public internal(set) var runningJobs: Set<JobID> = []
    /// Jobs that wait for workers, or for room to start some.
    public internal(set) var queuedJobs = 0

    /// Jobs that wait until enough other workers have left to start theirs, in the order in which they came to it.
    var claims = OrderedSet<JobID>()
    /// Workers that these are about to start.
    var claimed = 0
    /// Workers that jobs wait for and that clients hold: those that are idle are to leave, see ``Event/unitsLeft(_:_:)``.
    public internal(set) var heldWanted = 0
    /// Workers of running jobs that have died and are about to be started again.
    var pledged = 0
    /// Pools that lack workers of their floors because there is no room.
    var shortFloors: Set<PoolKind> = []
    /// Jobs that wait for warm workers, by user.
    var queueShares: UserShares
    /// Workers that jobs have, or are about to start, by user.
    var workerShares: UserShares
    /// The runtimes that there are.
    public internal(set) var runtimes: [RuntimeID: RuntimeRow]
    /// Runtimes of users that may have become unused.
    var unusedRuntimes: Set<RuntimeID> = []
    /// Why no worker of a runtime can be started.
    public internal(set) var broken: [RuntimeID: String] = [:]

    /// When jobs are to end at the latest.
    var deadlines = Alarms<JobID>()
    var alarms = Alarms<Alarm>()
    /// Pools about which something has changed.
    var touched: [PoolKind] = []
    /// Processes of threads that may have none left and get none.
    var deserted: Set<ProcessID> = []
    /// Whether workers have gone, or a share has come back, since jobs that wait for room were last seen to.
    var hasRoomChanged = false
    var nextUnit = 0
    var nextProcess = 0
    var isWarm = false
    var actions: [Action] = []

    /// What is to be looked at when its time has come.
    enum Alarm: Hashable, Sendable {
        /// Workers that are still at a cancelled job are killed.
        case kill(JobID)
        /// Workers of a job that could not be started are tried again.
        case seats(JobID)
        /// A process has not done what it was told to stop.
        case stubborn(ProcessID)
        /// A worker of the pool has been idle for long enough, or a start that was put off is tried again.
        case pool(PoolKind)
        /// Nobody has used the runtime for long enough.
        case runtime(RuntimeID)
    }

    /// - Parameter runtimes: those that there are for good, with ``RuntimeID/native`` among them.
    public init(policy: PoolPolicy, runtimes: [RuntimeRow]) {
        self.policy = policy
        self.runtimes = Dictionary(uniqueKeysWithValues: runtimes.map { ($0.id, $0) })
        queueShares = UserShares(limit: 0, isShared: policy.isShared)
        workerShares = UserShares(limit: policy.sharedWorkers, isShared: policy.isShared)
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
        case .begin: pools.keys.forEach { touch($0) }
        case .tick: break
        case .submit(let job, let request): submit(job, request, now)
        case .unitsReady(let times): unitsReady(times, now)
        case .unitsGone(let gone, let at): unitsGone(gone, at)
        case .processGone(let process, let at, let reason, let hasWorked, let back):
            back.forEach { withdrawn($0) }
            processGone(process, at, reason, now, hasWorked: hasWorked)
        case .processMissing(let process, let back):
            back.forEach { withdrawn($0) }
            processGone(process, now, nil, now, isBlameless: true)
        case .runtimeAdded(let row, let old): add(row, replaces: old, now)
        case .runtimeUsed(let runtime): use(runtime, now)
        case .scriptCame(let runtime): count(runtime, jobs: 1, now)
        case .scriptWent(let runtime): count(runtime, jobs: -1, now)
        case .keepRuntime(let runtime, let isKept): keep(runtime, isKept)
        case .runtimeBroken(let runtime, let reason): runtimeBroken(runtime, reason, now)
        case .runtimeMended(let runtime): runtimeMended(runtime, now)
        case .unitsLeft(let job, let units): unitsLeft(job, units, now)
        case .withdrawn(let job): withdrawn(job)
        case .crewLeft(let job): crewLeft(job, now)
        case .settled(let job, let again): settled(job, again: again, now)
        case .collected(let job, let at): collected(job, at, now)
        case .cancel(let job, let cause): cancel(job, cause, now)
        case .halted(let job): halted(job)
        case .resize(let kind, let size): resize(kind, size)
        case .recycle(let kind): recycle(kind)
        case .policy(let policy): adopt(policy, now)
        case .drain: drain(now)
        }
        upkeep(now)
        if !isWarm, isEveryFloorReady {
            isWarm = true
            actions.append(.warm)
        }
        return actions
    }

    /// When ``Event/tick`` is due, which may be long since; nil when nothing waits for time to pass.
    public var nextDeadline: UInt64? {
        guard let alarm = alarms.next else { return deadlines.next }
        return min(alarm, deadlines.next ?? alarm)
    }

    /// Whether all workers that are to be kept warm are.
    public var isEveryFloorReady: Bool { pools.values.allSatisfy { $0.ready >= $0.floor } }

    /// The units of a pool, oldest first, without those of cold runs and those that are being stopped.
    public func members(of kind: PoolKind) -> [UnitRow] {
        (pools[kind]?.members ?? []).compactMap { units[$0] }.sorted { $0.id < $1.id }
    }
}
