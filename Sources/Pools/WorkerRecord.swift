import Ledger
import Linux

/// What the driver knows of a worker process beside what the machine does: its slots, its handle, its orders.
final class WorkerRecord {
    let id: ProcessID
    /// The slot of its first thread: a worker's, or the foreman's.
    let head: Int
    /// Nil until the zygote has told of it.
    var handle: ProcessHandle?
    var isToBeKilled = false
    /// Orders for the foreman that wait until it has carried out the one before.
    var orders: [(order: Slot.Order, subject: UInt64)] = []

    init(id: ProcessID, head: Int) {
        self.id = id
        self.head = head
    }
}

/// What the driver knows of a job beside what the machine does.
final class JobRecord {
    let id: JobID
    let extent: Range<Int>
    let job: Job
    let attempts: Int?
    let observer: @Sendable (JobEvent) -> Void
    let progressNanoseconds: UInt64?
    var nextProgress: UInt64?
    /// The table of the last further round.
    var table: Range<Int>?
    /// Whether the crew that is about to be told is all there is.
    var isToEnlist = true
    var firstStart: UInt64?
    /// How far the job's log has been read.
    private var logCursor = 0
    /// Tasks that ended in earlier rounds.
    var settledTasks = 0
    /// When workers died that were at the job, by the number of their process.
    var deaths: [UInt32: UInt64] = [:]
    /// What these deaths have cost so far.
    var loss = JobLoss()
    /// Whether its workers are a holder's own, see ``Lease``.
    let isLease: Bool
    /// Hands the lease over, once.
    var answer: (@Sendable (Result<Lease, Refusal>) -> Void)?

    init(
        id: JobID, extent: Range<Int>, job: Job, attempts: Int?, progressNanoseconds: UInt64?,
        lease: (@Sendable (Result<Lease, Refusal>) -> Void)? = nil, observer: @escaping @Sendable (JobEvent) -> Void
    ) {
        self.id = id
        self.extent = extent
        self.job = job
        self.attempts = attempts
        self.progressNanoseconds = progressNanoseconds
        isLease = lease != nil
        answer = lease
        self.observer = observer
    }

    /// The tasks that have been noted in the job's log since the last time; none where it has no log.
    func newlyEnded() -> [EndedTask] {
        guard job.plan.pointee.logs != 0 else { return [] }
        let details = job.details
        return job.ended(since: &logCursor).map { EndedTask($0, job.record($0).pointee, details) }
    }
}
