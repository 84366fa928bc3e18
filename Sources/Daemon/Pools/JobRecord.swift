import Ledger
import Linux
import Scheduling

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
    var firstStart: UInt64?
    /// Tasks that ended in earlier rounds.
    var settledTasks = 0
    /// When workers died that were at the job, by the number of their process.
    var deaths: [UInt32: UInt64] = [:]
    /// What these deaths have cost so far.
    var loss = JobLoss()
    /// Whose its workers are, where they are a holder's own.
    let lease: LeaseHold?
    /// Hands the lease over, once.
    var answer: (@Sendable (Result<Lease, Refusal>) -> Void)?

    init(
        id: JobID, memory: JobMemory, view: JobView, attempts: Int?, progressNanoseconds: UInt64?,
        lease: (@Sendable (Result<Lease, Refusal>) -> Void)? = nil, observer: @escaping @Sendable (JobEvent) -> Void
    ) {
        self.id = id
        self.memory = memory
        self.view = view
        self.attempts = attempts
        self.progressNanoseconds = progressNanoseconds
        self.lease = lease == nil ? nil : LeaseHold()
        answer = lease
        self.observer = observer
    }

    var job: Job { view.job }
}

/// Memory that may not be used again before the holder of a lease that is over has noticed.
struct HeldMemory {
    var slots: [Int] = []
    var memory: JobMemory?
}
