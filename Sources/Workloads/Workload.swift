public import Ledger
public import Linux
public import Synchronization

/// Something that workers do: one value of it is made on each worker for each job, and runs one task after the other.
///
/// A task must not keep anything that would matter to the next one, and must not take the process down: it fails by
/// throwing. One that can take long asks its context now and then whether it is still wanted.
public protocol Workload {
    /// Reads the job's arguments. They were checked when the job was accepted.
    init(_ arguments: JobArguments)

    /// Does one task.
    ///
    /// - Returns: the task's value, in the unit that the catalogue gives.
    mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64
}

/// What a task knows of the run it is part of.
public struct TaskContext {
    /// The task's number within the job, from 0.
    public let task: Int
    /// The daemon's number for the job.
    public let job: UInt64
    @usableFromInline let cancelled: Futex.Word

    public init(task: Int, of job: Job) {
        self.task = task
        self.job = job.plan.pointee.job
        self.cancelled = job.cancelled
    }

    /// Whether nobody waits for the task any more.
    @inlinable public var isCancelled: Bool { cancelled.pointee.load(ordering: .relaxed) != 0 }

    /// Sleeps until the deadline, a ``Monotonic`` time, or until the job is cancelled.
    public func sleep(until deadline: UInt64) {
        while !isCancelled {
            let now = Monotonic.now()
            if now >= deadline { return }
            Futex.wait(cancelled, while: 0, atMost: deadline - now)
        }
    }
}
