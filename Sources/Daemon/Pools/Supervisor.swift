import Glibc
public import Ledger
public import Linux
public import Scheduling
import Sharing
public import Synchronization

/// Keeps the pools: owns the zygote and the workers' memory, and runs the jobs.
///
/// All its work is done in turns. A thread of its own takes one whenever something happens; where it sleeps, whoever hands in a
/// job may take one in its place, as waking it would cost more than a short job. Every method may be called from anywhere;
/// those that take a closure call it in a turn, where it must not block.
public final class Supervisor: Sendable {
    /// What the supervisor can't find out by itself.
    public struct Configuration: Sendable {
        public var policy: PoolPolicy
        /// The zygote's program.
        public var zygotePath: String
        /// The program of zygotes whose workers load a library.
        public var libraryZygotePath: String
        /// The library that makes an interpreter of Python's a zygote; nil where it isn't installed.
        public var pythonLibraryPath: String?
        /// Of zygotes and workers.
        public var environment: Variables
        /// A directory, to be made once the supervisor has been started, that is removed when this process is killed.
        public var directory: String?
        /// Jobs that may wait for workers.
        public var queueLimit: Int
        /// Memory for the records of all jobs together.
        public var ledgerBytes: Int
        /// The most memory of its own that a process with a user's library may have; nil for no bound.
        public var pluginMemoryBytes: Int?
        /// By how much an interpreter's worker process may grow until another takes its place after a task; nil for no bound.
        public var growthBytes: Int?
        /// How long is waited for what processes owe.
        public var patience = Patience()
        /// How often the system has killed a process of the daemon's control group for want of memory; nil where that can't be told.
        public var memoryKills: (@Sendable () -> Int?)?
        /// Told how busy the pools are whenever that has changed, though not more often than each
        /// ``Supervisor/loadNanoseconds``.
        public var onLoad: (@Sendable (Load) -> Void)?

        public init(
            policy: PoolPolicy, zygotePath: String, libraryZygotePath: String, environment: Variables,
            queueLimit: Int = 64, ledgerBytes: Int = 1 << 30
        ) {
            self.policy = policy
            self.zygotePath = zygotePath
            self.libraryZygotePath = libraryZygotePath
            self.environment = environment
            self.queueLimit = queueLimit
            self.ledgerBytes = ledgerBytes
        }
    }

    /// What the supervisor tells of itself, apart from jobs.
    public enum Notice: Sendable, Equatable {
        /// Every floor is warm.
        case warm
        case workerLost(pid: Int, pool: String, exit: String)
        case zygoteStarted(pid: Int)
        case zygoteLost(pid: Int, exit: String)
        /// The zygote could not fork so many processes of those that it was asked for together.
        case forksFailed(count: Int, reason: String)
        /// Something the supervisor could not do, and goes on without.
        case trouble(String)
        /// What somebody asked for can't be started, for a reason of its own that he is told.
        case refused(String)
        /// The supervisor can't go on: its workers die with it, and its jobs are gone.
        case failed(String)
        /// The last word: no worker is left, and nothing more is done.
        case ended
    }

    /// How long changes of the load are gathered until they are told.
    public static let loadNanoseconds: UInt64 = 250_000_000

    /// The memory of workers that run the project's own code.
    public var arena: Arena { own.arena }
    let own: Domain
    /// The runtime of workers that need nothing.
    let native: Runtime
    let configuration: Configuration
    let guardian: GuardianLink
    /// What the thread waits for.
    let events: EventLoop
    private let family: UInt32
    let state: Mutex<State>
    let turn = Mutex<Turn>(Turn())
    /// Whether a command waits: for whoever has the turn, who may be waiting for something else.
    let isAsked = Atomic(false)

    /// What whoever has the turn is alone with.
    struct Turn {
        /// Nil before the start and after the end.
        var driver: Driver?
        /// Until when the thread sleeps where nothing happens.
        var sleepsUntil: UInt64?
    }

    struct State: Sendable {
        var commands: [Command] = []
        /// The memory of jobs whose workers run the project's own code, and of the others once there was one.
        var own: DomainMemory
        var foreign: DomainMemory?
        var nextJob: JobID = 1
        var nextScript: ScriptID = 1
        var isOver = false
        /// Whether somebody has the turn, and will take commands before it is over.
        var isAwake = true
        var runtimes: RuntimeTable
        /// Which interpreters scripts start.
        var shims = InterpreterShims()
        /// What users have of the memory for jobs.
        var shares: UserShares
        /// What clients' leases have of their own, in bytes.
        var leaseBytes = 0

        subscript(_ trust: Runtime.Trust) -> DomainMemory? {
            get { trust == .own ? own : foreign }
            set {
                guard let newValue else { return }
                if trust == .own { own = newValue } else { foreign = newValue }
            }
        }
    }

    enum Command: Sendable {
        // What it carries is large, and the others are small.
        indirect case submit(
            JobID, JobSpec, JobView, JobMemory, @Sendable (JobEvent) -> Void,
            @Sendable (Result<JobID, Refusal>) -> Void)
        case lease(JobID, LeaseRequest, JobView, JobMemory, @Sendable (Result<Lease, Refusal>) -> Void)
        case release(JobID)
        case collected(JobID, at: UInt64)
        case settled(JobID, SettledJob)
        case cancel(JobID, CancelCause)
        case resize(PoolKind, Int)
        case recycle(PoolKind)
        case addRuntime(Runtime, Domain, replaces: RuntimeID?)
        case useRuntime(RuntimeID)
        indirect case script(ScriptOrder, ScriptFiles, @Sendable (ScriptEvent) -> Void)
        case endScript(ScriptID)
        case keepRuntime(RuntimeID, Bool)
        case awaitRuntime(RuntimeID, @Sendable (String, RuntimeHealth) -> Void)
        case setPolicy(PoolPolicy, queueLimit: Int)
        case look(@Sendable (Snapshot?) -> Void)
        case checkIn(@Sendable (Bool) -> Void)
        /// Finish what is running until the deadline, cancel it then, and end.
        case shutDown(deadline: UInt64)
    }

    public init(_ configuration: Configuration) throws(SystemError) {
        var configuration = configuration
        configuration.environment.append(Self.quietCrashes)
        self.configuration = configuration
        let family = CommandMark.newFamily()
        self.family = family
        own = try Domain(
            .own, slotCount: Self.slotCount(configuration), jobBytes: configuration.ledgerBytes, firstSlot: 0,
            family: family)
        let builtIns = Runtime.builtIns(configuration.zygotePath, configuration.libraryZygotePath)
        native = builtIns[0]
        guardian = try GuardianLink(
            program: configuration.zygotePath, environment: configuration.environment, family: family,
            directory: configuration.directory)
        state = Mutex(
            State(
                own: DomainMemory(of: own), runtimes: RuntimeTable(builtIns),
                shares: UserShares(limit: configuration.ledgerBytes, isShared: configuration.policy.isShared)))
        events = try EventLoop()
    }

    /// Swift's helper for crashes would hold pipes open, and take longer than the replacement of what has crashed.
    static let quietCrashes = "SWIFT_BACKTRACE=enable=no"

    /// Threads need a slot each, and their processes one for the thread host: twice the workers is room for both, and for as
    /// many again that are just leaving.
    private static func slotCount(_ configuration: Configuration) -> Int { configuration.policy.workerLimit * 4 }

    /// Starts the zygote and the floors, and works until ``shutDown(deadline:)`` has been carried out.
    ///
    /// - Parameter notice: told of what happens.
    /// - Returns: the thread, which ends with the last worker.
    public func start(notice: @escaping @Sendable (Notice) -> Void) throws(SystemError) -> SystemThread {
        let thread = try SystemThread(named: "par-supervisor") { [self] in
            do {
                try begin(notice)
                try work()
                // Nobody is left who could start a command.
                guardian.dismiss()
            } catch {
                notice(.failed("\(error)"))
            }
            end()
            notice(.ended)
        }
        // It comes up beside the zygote. There is no command that it could be too late for.
        try guardian.start(notice: notice)
        return thread
    }

    /// Hands in a job.
    ///
    /// - Parameters:
    ///   - observer: told what becomes of it, if it is accepted.
    ///   - here: whether the calling thread may take the supervisor's turn for it, where that sleeps.
    ///   - answer: told first: the job's number once it is accepted.
    /// - Returns: the job's log, which may be read from any thread; nil where the job is refused at once.
    /// - Throws: what is wrong with the job's inputs, where they are not what they were said to be. Then nothing is answered.
    @discardableResult
    public func submit(
        _ spec: consuming JobSpec, here: Bool = false, observer: @escaping @Sendable (JobEvent) -> Void,
        answer: @escaping @Sendable (Result<JobID, Refusal>) -> Void
    ) throws(InputBlock.Fault) -> JobLog? {
        var plan = spec.plan
        plan.tasks = UInt64(spec.tasks)
        if let inputs = spec.inputs { plan.note(inputs) }
        let memory: JobMemory
        plan.stream = spec.stream?.shape
        plan.crew = UInt32(spec.lease.workers)
        switch takeMemory(plan.layout.byteCount, besides: spec.stream?.byteCount ?? 0, for: spec.lease) {
        case .success(let taken): memory = taken
        case .failure(let refusal):
            answer(.failure(refusal))
            return nil
        }
        let id = nextJob()
        plan.job = id
        plan.generation = id << 32
        plan.claims = UInt64(spec.tasks)
        plan.crew = UInt32(spec.lease.workers)
        plan.rings = 1
        let job = memory.domain.arena.job(at: memory.extent.lowerBound)
        job.prepare(plan, arguments: spec.arguments)
        if let inputs = spec.inputs {
            try job.store(inputs)
        }
        let view = JobView(job, plan: plan)
        let log = JobLog(of: id, view, memory)
        // They may be large, or a file of the client's, and go with the caller's.
        spec.inputs = nil
        send(.submit(id, spec, view, memory, observer, answer), here: here)
        return log
    }

    /// Takes workers for the caller's own use, see ``Lease``. The answer comes once all of them are ready.
    public func lease(_ request: LeaseRequest, tasks: Int, answer: @escaping @Sendable (Result<Lease, Refusal>) -> Void)
    {
        let byteCount = JobLayout(tasks: tasks).byteCount
        var request = request
        request.isDirect = true
        let memory: JobMemory
        switch takeMemory(byteCount, for: request) {
        case .success(let taken): memory = taken
        case .failure(let refusal): return answer(.failure(refusal))
        }
        let id = nextJob()
        // Blank until the holder's first run, so that there is nothing to settle if it never comes to one.
        let plan = JobPlan(job: id, tasks: 0, workload: 0, crew: request.workers, cpuInterval: 0, rings: false)
        let job = memory.domain.arena.job(at: memory.extent.lowerBound)
        job.prepare(plan)
        send(.lease(id, request, JobView(job, plan: plan), memory, answer))
    }

    /// Says that a finished job's records have been read and its results assembled, at this time.
    public func collected(_ job: JobID, at time: UInt64) { send(.collected(job, at: time)) }
    public func cancel(_ job: JobID, _ cause: CancelCause) { send(.cancel(job, cause)) }
    public func resize(_ pool: PoolKind, to units: Int) { send(.resize(pool, units)) }
    public func recycle(_ pool: PoolKind) { send(.recycle(pool)) }
    /// Keeps the pools by other times and sizes from now on. The policy's worker limit may not be above the first one's,
    /// for which the workers' memory was laid out; the rest is taken as it is.
    public func setPolicy(_ policy: PoolPolicy, queueLimit: Int) {
        var policy = policy
        policy.workerLimit = min(policy.workerLimit, configuration.policy.workerLimit)
        send(.setPolicy(policy, queueLimit: queueLimit))
    }
    /// Answers true once the supervisor's thread has come round, however long that takes; false once it has ended. How the
    /// zygotes are is told by ``look(_:)``.
    public func checkIn(_ answer: @escaping @Sendable (Bool) -> Void) { send(.checkIn(answer)) }
    /// Shows pools and jobs as they are now; nil once the supervisor has ended.
    public func look(_ answer: @escaping @Sendable (Snapshot?) -> Void) { send(.look(answer)) }
    /// Ends all jobs, at the deadline by force, and then all workers.
    public func shutDown(deadline: UInt64) { send(.shutDown(deadline: deadline)) }

    func release(_ job: JobID) { send(.release(job)) }

    /// Bytes of jobs that have ended, which readers of their records keep.
    public let retainedBytes = Atomic(0)
    /// Bytes of records that jobs hold, with what clients' leases have of their own.
    public var ledgerBytesUsed: Int { state.withLock { $0.own.used + ($0.foreign?.used ?? 0) + $0.leaseBytes } }

    /// Memory for a job, of which its user has a share, in the domain of its runtime.
    ///
    /// - Parameter other: bytes that the job has elsewhere, which count as well.
    private func takeMemory(_ own: Int, besides other: Int = 0, for request: LeaseRequest) -> Result<JobMemory, Refusal>
    {
        let byteCount = own + other
        return state.withLock { state in
            guard let trust = state.runtimes[request.kind.runtime]?.trust, let domain = state[trust]?.domain else {
                return .failure(.busy(limit: PoolMachine.runtimeLimitName, allowed: configuration.policy.runtimeLimit))
            }
            let user = request.user
            guard state.shares.take(byteCount, for: user) else {
                let allowance = state.shares.allowance(of: user)
                let isOwn = state.shares.used + byteCount <= state.shares.limit
                return .failure(.busy(limit: "ledger bytes", allowed: allowance, user: isOwn ? user : nil))
            }
            if let extent = state[trust]?.take(own) {
                state.leaseBytes += other
                return .success(JobMemory(extent, of: domain, byteCount, besides: other, for: user, by: self))
            }
            state.shares.giveBack(byteCount, for: user)
            return .failure(.noMemory(bytes: byteCount))
        }
    }

    private func nextJob() -> JobID {
        state.withLock { state in
            defer { state.nextJob += 1 }
            return state.nextJob
        }
    }

    // MARK: Runtimes

    /// A runtime, and where its workers are.
    func home(of id: RuntimeID) -> (Runtime, Domain)? {
        state.withLock { state in
            guard let runtime = state.runtimes[id], let memory = state[runtime.trust] else { return nil }
            return (runtime, memory.domain)
        }
    }

    func forget(_ id: RuntimeID) { state.withLock { $0.runtimes.remove(id) } }

    /// The runtime of a library's file, which is there from now on.
    func find(plugin path: String, _ identity: FileIdentity) throws(SystemError) -> (RuntimeTable.Found, Domain) {
        let foreign = try foreignDomain()
        return state.withLock { state in
            let found = state.runtimes.find(plugin: path, identity) { id in
                .plugin(
                    id, path: path, identity: identity, program: configuration.libraryZygotePath,
                    startNanoseconds: configuration.patience.pluginNanoseconds,
                    memoryBytes: configuration.pluginMemoryBytes)
            }
            return (found, foreign)
        }
    }

    /// Where foreign code runs. It is made when the first of it comes.
    func foreignDomain() throws(SystemError) -> Domain {
        if let domain = state.withLock({ $0.foreign?.domain }) { return domain }
        let new = try Domain(
            .foreign, slotCount: Self.slotCount(configuration), jobBytes: configuration.ledgerBytes,
            firstSlot: own.slots.upperBound, family: family)
        return state.withLock { state in
            // Another thread may have been faster.
            let memory = state.foreign ?? DomainMemory(of: new)
            state.foreign = memory
            return memory.domain
        }
    }
}
