import CStream
import Linux
public import Synchronization

/// A job in shared memory: one page of head, then a record a task, then what only some jobs have, see ``JobLayout``.
///
/// ```
/// 0     next           claimed by adding to it
/// 64    remaining, finished, waiting
/// 128   cancelled, disturbed, halted   read by all, hardly ever written
/// 192   plan           written before the job is handed out
/// 448   failures, logged, heap
/// 512   arguments      by name, see ``ArgumentBlock``
/// 4096  records        64 bytes each
/// …     details, inputs, log, heap
/// ```
///
/// Workers claim tasks by adding to `next`, and the last one to leave rings once. A worker that dies has left claimed tasks
/// without a terminal state; they are found when the rest of the crew has left, and handed out again through the table.
public struct Job {
    public static let headBytes = Arena.pageBytes
    static let argumentOffset = 512
    /// The room for all arguments together, in bytes.
    static let argumentRoom = headBytes - argumentOffset

    /// Where it is in the arena; the number by which workers are told of it.
    public let offset: Int
    @usableFromInline let base: UnsafeMutableRawPointer
    /// Where records are, and which of a task's bits say which is its own.
    @usableFromInline let records: UnsafeMutableRawPointer
    public let recordMask: Int
    /// The worker's part in the stream that the tasks come from; nil where they are the job's own.
    public let stream: UnsafeMutablePointer<StreamSeat>?

    init(offset: Int, base: UnsafeMutableRawPointer) {
        self.offset = offset
        self.base = base
        records = base + Self.headBytes
        recordMask = .max
        stream = nil
    }

    /// The job as a worker sees it that has joined its stream.
    public init(_ job: Job, joining seat: UnsafeMutablePointer<StreamSeat>) {
        offset = job.offset
        base = job.base
        let stream = seat.pointee.stream
        records = UnsafeMutableRawPointer(par_stream_record_of(stream, 0))
        recordMask = Int(stream.pointee.shape.slots) - 1
        self.stream = seat
    }

    @inlinable public var next: UnsafeMutablePointer<Atomic<UInt64>> { place(0) }
    /// How many of the crew are still at it; whoever takes it to 0 rings.
    public var remaining: UnsafeMutablePointer<Atomic<Int32>> { place(64) }
    /// 1 when the last of the crew has left; slept on.
    public var finished: UnsafeMutablePointer<Atomic<UInt32>> { place(68) }
    /// 1 while somebody sleeps on `finished`.
    public var waiting: UnsafeMutablePointer<Atomic<UInt32>> { place(72) }
    /// Not 0 once the job is to end; slept on by tasks that wait.
    @inlinable public var cancelled: UnsafeMutablePointer<Atomic<UInt32>> { place(128) }
    /// 1 once one of the crew has died, so that `remaining` won't come to 0 and everybody who leaves has to ring.
    public var disturbed: UnsafeMutablePointer<Atomic<UInt32>> { place(132) }
    /// 1 once so many tasks have failed that no other is to be begun, see ``JobPlan/failureLimit``.
    @inlinable public var halted: UnsafeMutablePointer<Atomic<UInt32>> { place(136) }
    @inlinable public var plan: UnsafeMutablePointer<JobPlan> { place(192) }
    /// How many tasks have failed, in jobs that halt after some.
    public var failures: UnsafeMutablePointer<Atomic<UInt32>> { place(448) }
    /// How many places of the log have been taken.
    public var logged: UnsafeMutablePointer<Atomic<UInt32>> { place(452) }
    /// How many bytes of the heap workers have taken.
    var heapTaken: UnsafeMutablePointer<Atomic<UInt64>> { place(456) }

    /// The record of one task.
    @inlinable public func record(_ task: Int) -> UnsafeMutablePointer<TaskRecord> {
        (records + (task & recordMask) * TaskRecord.byteCount).assumingMemoryBound(to: TaskRecord.self)
    }

    /// What tells the record of a task from an older one in its place.
    @inlinable public func generation(of task: Int) -> UInt64 {
        stream == nil ? plan.pointee.generation : UInt64(truncatingIfNeeded: task) &+ 1
    }

    /// What the worker at a seat of a lease has done.
    public func tally(_ seat: Int) -> StreamTally {
        StreamTally(base: base + Self.headBytes + seat * StreamTally.byteCount)
    }

    /// The arguments, to be read once a job.
    public var arguments: ArgumentReader {
        let count = min(Int(plan.pointee.argumentBytes), Self.argumentRoom)
        return ArgumentReader(UnsafeRawBufferPointer(start: base + Self.argumentOffset, count: count))
    }

    /// Lays the job out in memory that may hold an older one. No task of the plan's generation has begun.
    public func prepare(_ plan: JobPlan, arguments: ArgumentBlock = ArgumentBlock()) {
        base.initializeMemory(as: UInt8.self, repeating: 0, count: 192)
        failures.pointee.store(0, ordering: .relaxed)
        logged.pointee.store(0, ordering: .relaxed)
        heapTaken.pointee.store(0, ordering: .relaxed)
        self.plan.initialize(to: plan)
        if plan.detailBytes > 0 || plan.logs != 0 || plan.streamSlots != 0 { clearDetailsAndLog() }
        self.plan.pointee.argumentBytes = UInt32(arguments.bytes.count)
        if arguments.bytes.isEmpty { return }
        UnsafeMutableRawBufferPointer(start: base + Self.argumentOffset, count: Self.argumentRoom)
            .copyBytes(from: arguments.bytes)
    }

    /// Makes room in the claims for another round over the tasks of `table`.
    public func reissue(table: Range<Int>, crew: Int) {
        plan.pointee.tableOffset = UInt64(table.lowerBound)
        plan.pointee.claims = UInt64(table.count / MemoryLayout<UInt32>.stride)
        next.pointee.store(0, ordering: .relaxed)
        enlist(crew)
    }

    /// Sets how many workers are about to be told of the job.
    public func enlist(_ crew: Int) {
        finished.pointee.store(0, ordering: .relaxed)
        disturbed.pointee.store(0, ordering: .relaxed)
        remaining.pointee.store(Int32(crew), ordering: .releasing)
    }

    /// Tells workers, and tasks that wait, to stop.
    public func cancel() {
        cancelled.pointee.store(1, ordering: .sequentiallyConsistent)
        Futex.wake(cancelled, atMost: .max)
    }

    /// Counts a task that has failed, and halts the job if that is as many as the plan allows.
    ///
    /// - Returns: whether this one has halted it.
    public func countFailure() -> Bool {
        countFailure(limit: plan.pointee.failureLimit, haltsNow: plan.pointee.haltsNow)
    }

    func countFailure(limit: UInt32, haltsNow: UInt8) -> Bool {
        guard limit > 0, failures.pointee.wrappingAdd(1, ordering: .relaxed).newValue == limit else { return false }
        halted.pointee.store(1, ordering: .sequentiallyConsistent)
        if haltsNow != 0 { cancel() }
        return true
    }

    @usableFromInline func place<Value: ~Copyable>(_ offset: Int) -> UnsafeMutablePointer<Value> {
        (base + offset).assumingMemoryBound(to: Value.self)
    }
}
