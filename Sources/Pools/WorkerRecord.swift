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
    let memory: JobMemory
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
    /// Tasks that ended in earlier rounds.
    var settledTasks = 0
    /// Whether its workers are a holder's own, see ``Lease``.
    let isLease: Bool
    /// Hands the lease over, once.
    var answer: (@Sendable (Result<Lease, Refusal>) -> Void)?

    init(
        id: JobID, memory: JobMemory, job: Job, attempts: Int?, progressNanoseconds: UInt64?,
        lease: (@Sendable (Result<Lease, Refusal>) -> Void)? = nil, observer: @escaping @Sendable (JobEvent) -> Void
    ) {
        self.id = id
        self.memory = memory
        self.job = job
        self.attempts = attempts
        self.progressNanoseconds = progressNanoseconds
        isLease = lease != nil
        answer = lease
        self.observer = observer
    }
}
