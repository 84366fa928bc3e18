public import Catalogue
public import Ledger
public import Linux
public import Synchronization
public import SystemPackage

/// Something that workers do: one value of it is made on each worker for each job, and runs one task after the other.
///
/// A task must not keep anything that would matter to the next one, and must not take the process down: it fails by
/// throwing. One that can take long asks its context now and then whether it is still wanted, and throws
/// ``Ledger/TaskFailure/cancelled`` where it ends early because it isn't.
public protocol Workload {
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
    @usableFromInline let ledger: Job
    /// By what a command is known that the task runs as; nil for nothing.
    public let commands: CommandPlace?

    @inlinable public init(task: Int, of job: Job, commands: CommandPlace? = nil) {
        self.task = task
        self.commands = commands
        self.job = job.plan.pointee.job
        self.cancelled = job.cancelled
        ledger = job
    }

    /// What this task is given.
    public var input: Words { ledger.input(task) }
    /// Notes where the task's result stands, or the text of its failure, for a task that fails.
    public func keep(_ span: ResultSpan) { ledger.record(task).pointee.value = span.value }

    /// Tells `columns` of the task: a 64-bit number for each column of the workload's definition, in its order.
    public func tell<Columns: BitwiseCopyable>(_ columns: Columns) {
        withUnsafeBytes(of: columns) { own in
            let place = ledger.detail(task)
            place.copyMemory(from: UnsafeRawBufferPointer(rebasing: own.prefix(place.count)))
        }
    }

    /// Tells why the task fails, in words of its own, which are cut off where there is no room for them.
    public func explain(_ reason: String) {
        let start = Int(ledger.plan.pointee.detailColumns) * TaskDetail.columnBytes
        let place = ledger.detail(task).dropFirst(start)
        guard place.count > TaskDetail.columnBytes else { return }
        let room = UnsafeMutableRawBufferPointer(rebasing: place)
        let words = reason.utf8.prefix(room.count - TaskDetail.columnBytes)
        UnsafeMutableRawBufferPointer(rebasing: room.dropFirst(TaskDetail.columnBytes)).copyBytes(from: words)
        room.storeBytes(of: UInt64(words.count), as: UInt64.self)
    }

    /// The worker's number in the job's crew.
    public var seat: Int { Int(ledger.record(task).pointee.seat) }

    /// Not 0 once nobody waits for the task any more.
    public var cancellation: Futex.Word { cancelled }

    /// Whether nobody waits for the task any more.
    @inlinable public var isCancelled: Bool { cancelled.pointee.load(ordering: .relaxed) != 0 }

    /// Sleeps until the deadline, a ``Monotonic`` time. Throws when the job is cancelled before.
    public func sleep(until deadline: UInt64) throws(TaskFailure) {
        while true {
            let now = Monotonic.now()
            if now >= deadline { return }
            if isCancelled { throw .cancelled }
            Futex.wait(cancelled, while: 0, atMost: deadline - now)
        }
    }
}

extension TaskFailure {
    /// A failure of a kind of the workload's own, with the system's error; 0 stands for a result that is wrong.
    public init(_ kind: some FailureTable, _ errno: Errno = Errno(rawValue: 0)) {
        self.init(number: kind.rawValue, code: errno.rawValue)
    }

    /// A failure of a kind of the workload's own, with a number that completes its text.
    public init(_ kind: some FailureTable, code: Int32) {
        self.init(number: kind.rawValue, code: code)
    }
}

/// Fails every task for one reason: the worker can't do what the job is about.
public struct Unfit: Workload {
    private let failure: TaskFailure

    public init(failure: TaskFailure) { self.failure = failure }

    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 { throw failure }
}
