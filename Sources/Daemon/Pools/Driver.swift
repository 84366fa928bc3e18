import Glibc
import Ledger
import Linux
import Scheduling
import SystemPackage
import Timing

/// Carries out what the pool machine says, and tells it what happens, a turn at a time; whoever has the turn is alone with it.
///
/// Nothing here waits for a process, and a call that fails ends what it was about: a worker, a zygote, a job.
final class Driver {
    let supervisor: Supervisor
    let notice: @Sendable (Supervisor.Notice) -> Void
    /// The project's own first; the foreign one from its first runtime on.
    var domains: [Domain]
    let patience: Patience
    var machine: PoolMachine
    /// The runtimes that have been needed: the native one from the start.
    var runtimes: [RuntimeRecord]
    /// Zygotes that have been given up and have not ended, by their number.
    var departing: [Int: ZygoteLink] = [:]
    var zygoteCount = 0
    var workers: [ProcessID: WorkerRecord] = [:]
    /// The workers that have a handle, by pid.
    var pids: [Int32: ProcessID] = [:]
    /// Children that can't be watched, or that nobody waits for: killed, and to be reaped.
    var orphans: [Orphan] = []
    var jobs: [JobID: JobRecord] = [:]
    /// How many of them are clients' leases, of which a turn has nothing to do but where one of their workers has news.
    var leaseCount = 0
    /// The others.
    var runCount: Int { jobs.count - leaseCount }
    /// The scripts that wait or run.
    var scripts: [ScriptID: ScriptRecord] = [:]
    /// The processes that run scripts or wait for one, by their numbers, and their numbers by pid.
    var scriptProcesses: [Int: ScriptProcess] = [:]
    var scriptPIDs: [Int32: Int] = [:]
    var scriptProcessCount = 0
    /// Where scripts' processes send their notes; nil until there is one.
    var notes: ScriptNotes?
    /// Jobs that have ended in this turn, and whose observers are about to be told.
    var ended: [(record: JobRecord, row: JobRow)] = []
    /// What belongs to leases that are over until their holders have noticed.
    var held: [JobID: HeldMemory] = [:]
    /// Units that have been given jobs beside their own, and since when they have been at that.
    var assigned: [UnitID: UInt64] = [:]
    /// The slots of each unit's workers.
    var slots: [UnitID: [Int]] = [:]
    /// Units that have been asked for and are not up, with their process.
    var starting: [UnitID: WorkerRecord] = [:]
    /// Until when they have to be up, in this order.
    var startDeadlines = StartDeadlines()
    /// Whether workers that fall asleep at leases are to ring, as others wait for them.
    var wantsIdle = false
    /// Units that are to leave their leases as soon as they are idle.
    var recalled: Set<UnitID> = []
    /// Threads that have been told to stop.
    var stopping: Set<UnitID> = []
    /// Processes with orders that wait.
    var ordered: Set<ProcessID> = []
    /// The thread of each slot's worker, as far as it is known to be a thread of its process; 0 else.
    var threads: [Int32] = []
    /// By domain.
    var freeSlots: [[Int]] = []
    var nextTicket: UInt32 = 0
    /// Slots whose workers could not be woken.
    var unwoken: Set<Int> = []
    /// Events that the machine has not been told of yet, oldest first.
    var events: [PoolMachine.Event] = []
    var closing = Closing.no
    /// Whether zygotes may be started in this turn. Else they are due at once, in the next one that may.
    var mayStart = true
    /// Whether a job has been handed out since this thread last waited.
    var hasPublished = false
    /// Jobs that may wait for workers.
    private var queueLimit: Int
    /// The load that was told last, and when the next one is due; nil while nothing has happened.
    private var toldLoad: Load?
    private var loadAt: UInt64?
    /// When memory that no job has used lately goes back to the system; nil while one is there, or there is none.
    var trimAt: UInt64?
    /// Whether workers have been told that jobs wait for them.
    private var toldQueue = false
    /// When the next of the jobs is to be told how far it is.
    private var progressAt: UInt64?
    /// Each domain's count of news when workers were last looked at.
    var seenNews: [UInt32] = []
    /// When workers are looked at though nobody rings.
    var lookAt: UInt64?
    /// Where workers of interpreters write as they crash; nil until one is to be started.
    var crashes: CrashTexts?
    /// How often the system had killed for want of memory when that was last looked at.
    var seenMemoryKills: Int?
    /// When orphans are looked at, and children that nobody knows are reaped.
    var orphansAt: UInt64?
    var sweepAt: UInt64?
    /// Tells of scripts that stop, and of children that others have left; nil where there are none of either, as this is not a
    /// container's first process and has no interpreters.
    var childChanges: ChildChanges?
    /// When jobs are searched for workers that have been stopped, and whom the last search has found.
    var stoppedAt: UInt64?
    var foundStopped: Set<UnitID> = []
    /// Whether callers belong to commands, by pid. Kept too briefly for a pid to be given to another process.
    private var callers: [Int32: Bool] = [:]
    private var callersUntil: UInt64 = 0
    private static let callersKept = 1024
    private static let callersNanoseconds: UInt64 = 100_000_000
    /// How soon what could not be done is tried again.
    static let againNanoseconds: UInt64 = 5_000_000
    /// When children that nobody knows are reaped, after others have ended: late ones have ended by then, too.
    static let sweepNanoseconds: UInt64 = 1_000_000_000

    init(_ supervisor: Supervisor, notice: @escaping @Sendable (Supervisor.Notice) -> Void) throws(SystemError) {
        self.supervisor = supervisor
        domains = []
        self.notice = notice
        patience = supervisor.configuration.patience
        runtimes = [RuntimeRecord(supervisor.native, in: supervisor.own, patience: patience)]
        machine = PoolMachine(policy: supervisor.configuration.policy, runtimes: RuntimeRow.builtIns)
        queueLimit = supervisor.configuration.queueLimit
        seenMemoryKills = supervisor.configuration.memoryKills?()
        try enter(supervisor.own)
        if ThisProcess.pid == 1 { try watchChildren() }
        do {
            try startZygote(of: runtimes[0])
        } catch  where Self.isLasting(error) {
            // There is nothing to wait for.
            throw error
        } catch {
            putOff(runtimes[0], error)
        }
    }

    /// Whether a program that could not be started won't be able to be later either.
    private static func isLasting(_ error: SystemError) -> Bool {
        [ENOENT, EACCES, ENOEXEC, ENOTDIR].contains(error.errno.rawValue)
    }

    // MARK: Turns

    /// Takes in what has happened and does all that follows from it, until nothing is left to do.
    ///
    /// - Parameters:
    ///   - keys: of the descriptors that have something to say.
    ///   - mayStart: whether this is the supervisor's thread. A process dies with the thread that has started it, so that
    ///     none is started on another.
    /// - Returns: when the next turn is due.
    func turn(_ keys: [UInt64], mayStart: Bool) -> Rest {
        self.mayStart = mayStart
        var isRung = false
        var isChildChanged = false
        for key in keys {
            switch Source(key: key) {
            case .bell: isRung = true
            case .zygote(let number): hearZygote(number)
            case .zygoteEnd(let number): hearZygoteEnd(number)
            case .worker(let process): hearWorker(process)
            case .files(let domain): hearFiles(domain)
            case .children: isChildChanged = true
            case .script(let number): hearScript(number)
            case .notes: hearNotes()
            }
        }
        if isChildChanged { hearChildren() }
        repeat {
            // What has ended is seen first: else a job would seem to wait for workers that have been free all along.
            var now = Monotonic.now()
            if isRung || lookAt.map({ $0 <= now }) == true || !events.isEmpty {
                look(now)
                carryOut()
            }
            for command in supervisor.takeCommands() {
                take(command)
                // The next one meets what this one has led to.
                carryOut()
            }
            now = Monotonic.now()
            if let due = machine.nextDeadline, due <= now { tell(.tick) }
            withdrawOverdue(now)
            keepUp(now)
            trim(now)
            report(now)
            tellLoad(now)
            carryOut()
            closeIfDone()
            carryOut()
            tellEnded()
            if isOver { return .over }
            isRung = awaitNews()
            if !mayStart, runCount > 1 {
                // Others have handed in jobs meanwhile: the supervisor's thread goes on with them.
                if isRung { lookAt = 0 }
                supervisor.handOver()
                return .until(0)
            }
        } while isRung || !supervisor.rest()
        return .until(nextDue)
    }

    /// What the driver waits for after a turn.
    enum Rest {
        /// News, and this time at the latest.
        case until(UInt64?)
        /// Nothing: all has ended.
        case over
    }

    /// Waits for what happens right after a job was handed out, while this thread stays awake for it: a short one has ended before
    /// it would have fallen asleep. Its workers ring nobody meanwhile.
    ///
    /// - Returns: whether there is something to see.
    private func awaitNews() -> Bool {
        guard hasPublished else { return false }
        hasPublished = false
        for domain in domains { domain.arena.header.watched.pointee.store(1, ordering: .sequentiallyConsistent) }
        let end = Monotonic.now() + Self.awakeNanoseconds
        var isNews = false
        repeat {
            for _ in 0..<Self.looksAtOnce where !isNews {
                isNews = hasNews
                if !isNews { relax() }
            }
            // Its workers may need this very processor.
            if !isNews { Processors.yield() }
            // Who hands in another job needn't wait for this one.
        } while !isNews && !supervisor.hasCommands && Monotonic.now() < end
        for domain in domains { domain.arena.header.watched.pointee.store(0, ordering: .sequentiallyConsistent) }
        return isNews || hasNews
    }

    /// Whether workers have something to say since they were last looked at.
    private var hasNews: Bool {
        for index in domains.indices where domains[index].news != seenNews[index] { return true }
        return false
    }

    /// How long it stays awake.
    private static let awakeNanoseconds: UInt64 = 15_000
    private static let looksAtOnce = 32

    /// Something went wrong with waiting for events: after a rest, all is looked at.
    func distrust(_ error: SystemError, isFirst: Bool) {
        if isFirst { notice(.trouble("waiting for events fails: \(error)")) }
        lookAt = 0
    }

    /// When there is something to do though nothing happens; nil for never.
    private var nextDue: UInt64? {
        let now = Monotonic.now()
        var first = UInt64.max
        func consider(_ due: UInt64?) { if let due { first = min(first, due) } }
        consider(machine.nextDeadline)
        consider(progressAt)
        consider(trimAt)
        consider(loadAt)
        consider(lookAt)
        consider(assignedUntil)
        consider(orphansAt)
        consider(sweepAt)
        consider(stoppedAt)
        consider(closing.until)
        consider(startDeadlines.next { starting[$0] != nil })
        for record in runtimes where record.link != nil || !closing.isFinal { consider(record.nextDeadline(now)) }
        return first == .max ? nil : first
    }

    func tell(_ event: PoolMachine.Event) {
        events.append(event)
    }

    /// Tells the machine all that has happened and does what it says, until there is nothing more.
    func carryOut() {
        while !events.isEmpty {
            let batch = events
            events = []
            for event in batch {
                for action in machine.step(event, at: Monotonic.now()) { perform(action) }
            }
            recallIdle()
            tellQueue()
            for record in runtimes where record.hasForks { flushForks(of: record) }
            if loadAt == nil, supervisor.configuration.onLoad != nil {
                loadAt = Monotonic.now() + Supervisor.loadNanoseconds
            }
        }
    }

    /// Tells workers whether jobs wait for them.
    private func tellQueue() {
        let hasQueue = machine.queuedJobs > 0
        if hasQueue == toldQueue { return }
        toldQueue = hasQueue
        for domain in domains { domain.arena.header.hasQueue.pointee.store(hasQueue ? 1 : 0, ordering: .relaxed) }
    }

    /// Tells how busy the pools are, if that has changed: once for all that happened in a while, as telling costs more
    /// than a short run.
    private func tellLoad(_ now: UInt64) {
        guard let due = loadAt, now >= due else { return }
        loadAt = nil
        let load = machine.load
        if load == toldLoad { return }
        toldLoad = load
        supervisor.configuration.onLoad?(load)
    }

    private func take(_ command: Supervisor.Command) {
        switch command {
        case .submit(let id, let spec, let view, let memory, let observer, let answer):
            let record = JobRecord(
                id: id, memory: memory, view: view, attempts: spec.attempts,
                progressNanoseconds: spec.progressNanoseconds, stream: spec.stream, observer: observer)
            admit(record, spec.lease) { refusal in answer(refusal.map { .failure($0) } ?? .success(id)) }
        case .lease(let id, let request, let view, let memory, let answer):
            let record = JobRecord(
                id: id, memory: memory, view: view, attempts: nil, progressNanoseconds: nil, lease: answer,
                observer: { _ in })
            admit(record, request) { refusal in if let refusal { answer(.failure(refusal)) } }
        case .release(let id): release(id)
        case .collected(let id, let at): tell(.collected(id, at: at))
        case .settled(let id, let job): take(job, of: id)
        case .cancel(let id, let cause): tell(.cancel(id, cause))
        case .resize(let kind, let size): tell(.resize(kind, size))
        case .recycle(let kind): tell(.recycle(kind))
        case .addRuntime(let runtime, let domain, let old): add(runtime, domain, replaces: old)
        case .useRuntime(let id): tell(.runtimeUsed(id))
        case .script(let order, let files, let observer): begin(order, files, observer)
        case .endScript(let id): endScript(id)
        case .keepRuntime(let id, let isKept): keep(id, isKept)
        case .awaitRuntime(let id, let answer): awaitRuntime(id, answer)
        case .setPolicy(let policy, let limit):
            queueLimit = limit
            tell(.policy(policy))
        case .look(let answer): answer(snapshot)
        case .checkIn(let answer): answer(true)
        case .shutDown(let deadline):
            closing = .draining(until: deadline)
            tell(.drain)
        }
    }

    /// Whether a process belongs to a command that a daemon runs. One that was looked at a moment ago is not looked at again:
    /// with many clients, every run would pay for it.
    private func isCommand(_ pid: Int32, _ now: UInt64) -> Bool {
        if now >= callersUntil || callers.count >= Self.callersKept {
            callers.removeAll(keepingCapacity: true)
            callersUntil = now + Self.callersNanoseconds
        }
        if let known = callers[pid] { return known }
        let isCommand = CommandMark(of: pid) != nil
        callers[pid] = isCommand
        return isCommand
    }

    private func admit(
        _ record: JobRecord, _ request: LeaseRequest, _ answer: @Sendable (Refusal?) -> Void
    ) {
        var request = request
        // Only there it matters, and looking takes a while.
        if request.caller != 0, Self.read(&machine, { $0.mustWait(request) }) {
            request.isInner = isCommand(request.caller, Monotonic.now())
        }
        let idleHeld = idleAtLeases.count
        let refusal = Self.read(&machine) {
            $0.refusal(of: request, queueLimit: queueLimit, idleHeld: idleHeld, at: Monotonic.now())
        }
        if let refusal {
            answer(refusal)
            return
        }
        jobs[record.id] = record
        if record.stream != nil { leaseCount += 1 }
        if let interval = record.progressNanoseconds {
            let next = Monotonic.now() + interval
            record.nextProgress = next
            progressAt = min(progressAt ?? next, next)
        }
        answer(nil)
        tell(.submit(record.id, request))
    }

    /// Asks the machine in place: a method that is called on a class's property gets a copy of the whole value.
    private static func read<Value>(_ machine: inout PoolMachine, _ question: (inout PoolMachine) -> Value) -> Value {
        question(&machine)
    }

    /// Tells observers how far their jobs are.
    private func report(_ now: UInt64) {
        guard let due = progressAt, now >= due else { return }
        progressAt = nil
        for (id, record) in jobs {
            guard var next = record.nextProgress else { continue }
            if now >= next, let row = machine.jobs[id] {
                next = record.progressNanoseconds.map { now + $0 } ?? .max
                record.nextProgress = next
                if row.state != .stopping {
                    record.observer(.progress(state: row.state, done: done(in: id)))
                }
            }
            progressAt = min(progressAt ?? next, next)
        }
    }
}
