import Synchronization

/// A job as the control side sees it, which gave it out.
///
/// How large it is, and where its parts are, comes from the plan that this side wrote, and never from shared memory, where
/// anybody may have written since.
public struct JobView: @unchecked Sendable {
    // The memory is shared with other processes anyway: what is read of it is ordered by its own atomics.
    public let job: Job
    /// As it was given out.
    public let plan: JobPlan
    /// Whether tasks hand back bytes.
    @usableFromInline let hasResults: Bool
    @usableFromInline let heapBytes: Int
    private let layout: JobLayout

    public init(_ job: Job, plan: JobPlan) {
        self.job = job
        self.plan = plan
        layout = plan.layout
        hasResults = plan.heapBytes > 0
        heapBytes = layout.heapBytes
    }

    public var tasks: Int { Int(plan.tasks) }

    /// All records, in the order of the tasks.
    public var records: UnsafeMutableBufferPointer<TaskRecord> {
        UnsafeMutableBufferPointer(start: job.record(0), count: tasks)
    }

    /// The details of all tasks, to be read once those have ended.
    public var details: TaskDetails {
        TaskDetails(
            base: UnsafeRawPointer(job.base + layout.details), byteCount: layout.detailBytes,
            columns: Int(plan.detailColumns))
    }

    /// The results of all tasks, to be read once those have ended. Empty where they hand back none.
    public var heap: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: job.base + layout.heap, count: layout.heapBytes)
    }

    /// How many bytes of the heap have been taken; whatever is written there, not more than it has.
    public var heapBytesTaken: Int {
        Int(min(job.heapTaken.pointee.load(ordering: .relaxed), UInt64(layout.heapBytes)))
    }

    /// A record, and that its task has failed where its result is not in the heap: what is in shared memory may have been
    /// damaged.
    @inlinable public func checked(_ record: TaskRecord) -> TaskRecord {
        if !hasResults || record.value == 0 { return record }
        let span = ResultSpan(value: record.value)
        // Of 36 bits and of 32: the sum fits.
        let isWithin = span.offset + span.count <= heapBytes
        return isWithin && (record.status == .ok || record.status == .failed) ? record : withoutResult(record)
    }

    @usableFromInline func withoutResult(_ record: TaskRecord) -> TaskRecord {
        var record = record
        if record.status == .ok || record.status == .failed {
            record.status = .failed
            record.failure = TaskFailure.damaged.bits
        }
        record.value = 0
        return record
    }

    /// The result of a task, or the text of its failure, by its ``checked(_:)`` record; nil where tasks hand back nothing.
    public func result(_ record: TaskRecord) -> UnsafeRawBufferPointer? {
        hasResults ? ResultSpan(value: record.value).bytes(in: heap) : nil
    }

    /// Whether so many tasks have failed that no other is to be begun.
    public var isHalted: Bool {
        plan.failureLimit != 0 && job.halted.pointee.load(ordering: .sequentiallyConsistent) != 0
    }

    /// How many tasks of a lease its workers say have ended.
    public var endedInStream: Int {
        plan.stream == nil ? 0 : (0..<Int(plan.crew)).reduce(0) { $0 &+ job.tally($1).ended }
    }

    /// Counts a task that has failed, see ``Job/countFailure()``.
    public func countFailure() {
        _ = job.countFailure(limit: plan.failureLimit, haltsNow: plan.haltsNow)
    }

    /// The tasks that have been noted in the log since `cursor`, which is moved on; at most `limit`, in the order in which they ended.
    /// None where the job has no log.
    ///
    /// It stops at a place that a worker has taken and not written. One that died there leaves it so for good: what ended
    /// later is found when the job has.
    public func ended(since cursor: inout Int, atMost limit: Int = .max) -> [Int] {
        guard layout.hasLog else { return [] }
        var ended: [Int] = []
        let end = min(Int(job.logged.pointee.load(ordering: .acquiring)), tasks)
        while cursor < end, ended.count < limit {
            let entry = Int(job.logEntry(cursor, in: layout).pointee.load(ordering: .acquiring))
            if entry == 0 { break }
            // A number that no task has is nobody's.
            if entry <= tasks { ended.append(entry - 1) }
            cursor += 1
        }
        return ended
    }

    /// The tasks from `first` on that have ended ok or failed, at most `limit`, up to the first that has not. It is seen in
    /// their records alone.
    public func ended(from first: Int, atMost limit: Int) -> [Int] {
        var end = first
        while end < tasks, end - first < limit {
            let record = job.record(end).pointee
            guard record.generation == plan.generation, record.status == .ok || record.status == .failed else { break }
            end += 1
        }
        // What a worker wrote before the state is seen from here on.
        atomicMemoryFence(ordering: .acquiring)
        return Array(first..<end)
    }
}
