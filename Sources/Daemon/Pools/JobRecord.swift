import Ledger
import Linux
import Scheduling
import Synchronization

/// What the driver knows of a job beside what the machine does.
final class JobRecord {
    let id: JobID
    let memory: JobMemory
    /// What it is, as this side gave it out.
    let view: JobView
    let attempts: Int?
    let observer: @Sendable (JobEvent) -> Void
    let progressNanoseconds: UInt64?
    var nextProgress: UInt64?
    /// The table of the last further round.
    var table: Range<Int>?
    /// Whether the crew that is about to be told is all there is.
    var isToEnlist = true
    /// The number of its worker's order; nil where it has several workers.
    var order: UInt32?
    /// Whether its worker was given it beside another job.
    var isAssigned = false
    /// Whether it has been handed to workers.
    var isHandedOut = false
    var firstStart: UInt64?
    /// Tasks that ended in earlier rounds.
    var settledTasks = 0
    /// When workers died that were at the job, by the number of their process.
    var deaths: [UInt32: UInt64] = [:]
    /// What these deaths have cost so far.
    var loss = JobLoss()
    /// Where its tasks come from, where it is a client's lease.
    let stream: StreamMemory?
    /// Whose its workers are, where they are a holder's own.
    let lease: LeaseHold?
    /// Hands the lease over, once.
    var answer: (@Sendable (Result<Lease, Refusal>) -> Void)?

    init(
        id: JobID, memory: JobMemory, view: JobView, attempts: Int?, progressNanoseconds: UInt64?,
        stream: StreamMemory? = nil,
        lease: (@Sendable (Result<Lease, Refusal>) -> Void)? = nil, observer: @escaping @Sendable (JobEvent) -> Void
    ) {
        self.id = id
        self.memory = memory
        self.view = view
        self.attempts = attempts
        self.progressNanoseconds = progressNanoseconds
        self.stream = stream
        self.lease = lease == nil ? nil : LeaseHold()
        answer = lease
        self.observer = observer
    }

    var job: Job { view.job }
}

/// What has become of the tasks that a job's workers left behind.
struct SettledJob: Sendable {
    /// Without the tasks that are to be done again, which stand in the table.
    private(set) var settlement: Settlement
    /// How many tasks are to be done again.
    let again: Int
    /// Where their numbers stand; nil where there are none, or no memory for it: then they have been cancelled.
    let table: Range<Int>?

    /// - Parameter old: the table of the round before. What is left now was left then, so that there is room for it.
    init(
        _ view: JobView, _ memory: JobMemory, _ policy: Settlement.Policy, now: UInt64, deaths: [UInt32: UInt64],
        old: Range<Int>?, _ supervisor: Supervisor
    ) {
        func settle(_ policy: Settlement.Policy) -> Settlement {
            Settlement(
                view.records, generation: view.plan.generation, policy: policy, now: now, deaths: deaths)
        }
        settlement = settle(policy)
        let tasks = settlement.again
        settlement.again = []
        again = tasks.count
        if tasks.isEmpty {
            if let old { supervisor.giveBack(old, of: memory.domain) }
            table = nil
            return
        }
        let byteCount = tasks.count * MemoryLayout<UInt32>.stride
        table = old ?? supervisor.takeExtent(byteCount, of: memory.domain)
        guard let table else {
            _ = settle(.cancel)
            return
        }
        let numbers = memory.domain.arena.table(at: table.lowerBound)
        for (index, task) in tasks.enumerated() { numbers[index] = task }
    }
}

/// Memory that may not be used again before the holder of a lease that is over has noticed.
struct HeldMemory {
    var slots: [Int] = []
    var memory: JobMemory?
}

/// A job's part of its domain's arena. It goes back to be used again once the job has ended and nobody reads it any more.
final class JobMemory: Sendable {
    let extent: Range<Int>
    let domain: Domain
    /// What was asked for, of which the extent may be more.
    let byteCount: Int
    /// What of that is elsewhere: a lease's own memory.
    let otherBytes: Int
    let user: UInt32
    private let supervisor: Supervisor
    /// Whether the job has ended, so that only readers keep the memory.
    private let isRetained = Atomic(false)

    init(
        _ extent: Range<Int>, of domain: Domain, _ byteCount: Int, besides otherBytes: Int, for user: UInt32,
        by supervisor: Supervisor
    ) {
        self.extent = extent
        self.domain = domain
        self.byteCount = byteCount
        self.otherBytes = otherBytes
        self.user = user
        self.supervisor = supervisor
    }

    deinit {
        if isRetained.load(ordering: .relaxed) { supervisor.retainedBytes.subtract(extent.count, ordering: .relaxed) }
        supervisor.giveBack(self)
    }

    /// Notes that the job has ended.
    func retain() {
        isRetained.store(true, ordering: .relaxed)
        supervisor.retainedBytes.add(extent.count, ordering: .relaxed)
    }
}

/// The tasks of a job in the order in which they end, read where workers note them: nothing is kept for a reader who takes
/// his time but the job's own memory.
public struct JobLog: Sendable {
    private let memory: JobMemory
    private let view: JobView
    /// Before any of the tasks began.
    private let startedAt = Monotonic.now()
    private var cursor = 0

    init(of id: JobID, _ view: JobView, _ memory: JobMemory) {
        self.id = id
        self.memory = memory
        self.view = view
    }

    /// The job that it is about.
    public let id: JobID

    /// The tasks from `first` on, at most so many, in their own order: those that have ended ok or failed, up to the first
    /// that has not. Workers needn't note them for it.
    public func ended(from first: Int, atMost limit: Int) -> [EndedTask] {
        told(view.ended(from: first, atMost: limit))
    }

    /// The next tasks that have ended and whose details are of use, at most so many; empty where there are none, or the job has
    /// no log.
    ///
    /// One that a worker died of while noting it holds up those after it: they are found when the job has ended.
    public mutating func next(atMost limit: Int, where isOfUse: (TaskDetail) -> Bool) -> [EndedTask] {
        var ended: [Int] = []
        var isMore = true
        while isMore, ended.isEmpty {
            let some = view.ended(since: &cursor, atMost: limit)
            isMore = !some.isEmpty
            let details = view.details
            ended = some.filter { isOfUse(details[$0]) }
        }
        return told(ended)
    }

    private func told(_ ended: [Int]) -> [EndedTask] {
        if ended.isEmpty { return [] }
        let times = memory.domain.trust == .own ? nil : startedAt...Monotonic.now()
        return ended.map { task in
            let record = view.job.record(task).pointee
            return EndedTask(task, times.map { record.bounded(to: $0) } ?? record, view, memory)
        }
    }
}
