import CStream
import Synchronization

// What only some jobs have: details, inputs, and the log of tasks that have ended.
extension Job {
    /// What the workload tells of a task beside its record, in as many bytes as the plan says, see ``TaskDetail``. Written
    /// by the task, and to be read once it has ended.
    public func detail(_ task: Int) -> UnsafeMutableRawBufferPointer {
        let layout = plan.pointee.layout
        return UnsafeMutableRawBufferPointer(
            start: base + layout.details + task * layout.detailBytes, count: layout.detailBytes)
    }

    /// What a task is given. Empty for all where the job has no inputs.
    public func input(_ task: Int) -> Words { words(task + 1) }
    /// What all of the job's tasks are given.
    public var sharedInput: Words {
        let plan = plan.pointee
        guard plan.inputForm == TaskInputs.Form.block.rawValue, plan.sharedBytes <= plan.inputBytes else {
            return words(0)
        }
        let start = base + plan.layout.inputs + Int(plan.inputBytes - plan.sharedBytes)
        return Words(UnsafeRawBufferPointer(start: start, count: Int(plan.sharedBytes)))
    }

    private func words(_ index: Int) -> Words {
        let plan = plan.pointee
        guard plan.inputBytes > 0, plan.inputForm == TaskInputs.Form.words.rawValue else {
            return Words(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return TaskInputs.words(index, at: base + plan.layout.inputs, tasks: Int(plan.tasks))
    }

    /// The bytes that tasks are given, for who asks for those of many tasks.
    public var inputBytes: InputBytes {
        if let stream { return InputBytes(of: stream.pointee) }
        let plan = plan.pointee
        guard plan.inputBytes > 0, plan.inputForm == TaskInputs.Form.block.rawValue else { return InputBytes() }
        let inputs = base + plan.layout.inputs
        let block = UnsafeRawBufferPointer(
            start: inputs + Int(plan.blockOffset), count: Int(plan.inputBytes - plan.blockOffset - plan.sharedBytes))
        if plan.spansOffset == JobPlan.noSpans { return InputBytes(block: block) }
        let spans = (inputs + Int(plan.spansOffset)).assumingMemoryBound(to: ByteSpan.self)
        return InputBytes(block: block, spans: UnsafePointer(spans))
    }

    /// Puts the inputs into the job, whose plan says how they stand there. Throws where they are not what they were said to be.
    public func store(_ inputs: TaskInputs) throws(InputBlock.Fault) {
        let place = base + plan.pointee.layout.inputs
        switch inputs.content {
        case .words(let bytes):
            UnsafeMutableRawBufferPointer(start: place, count: bytes.count).copyBytes(from: bytes)
        case .lists(let head, let lists):
            UnsafeMutableRawBufferPointer(start: place, count: head.count).copyBytes(from: head)
            try lists.store(listsAt: place + head.count)
        case .block(let block):
            try block.store(at: place)
            UnsafeMutableRawBufferPointer(
                start: place + inputs.byteCount - inputs.shared.count, count: inputs.shared.count
            )
            .copyBytes(from: inputs.shared)
        }
    }

    // MARK: The log

    /// The task that ended `index`th, plus 1; 0 until it is written.
    func logEntry(_ index: Int, in layout: JobLayout) -> UnsafeMutablePointer<Atomic<UInt32>> {
        place(layout.log + index * MemoryLayout<UInt32>.stride)
    }

    /// Memory is used again as it is, and a worker that dies leaves what it had not written as it was.
    func clearDetailsAndLog() {
        let layout = plan.pointee.layout
        if layout.detailBytes > 0 { clear(layout.details..<layout.inputs) }
        if layout.hasLog { clear(layout.log..<layout.heap) }
        if plan.pointee.stream != nil { clear(Self.headBytes..<layout.details) }
    }

    private func clear(_ part: Range<Int>) {
        (base + part.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: part.count)
    }

    /// Notes that a task has ended. Nobody is woken: the control side looks when it is its time.
    public func note(ended task: Int) {
        let index = Int(logged.pointee.wrappingAdd(1, ordering: .relaxed).oldValue)
        // A task that is run again after its worker died may come twice.
        guard index < Int(plan.pointee.tasks) else { return }
        logEntry(index, in: plan.pointee.layout).pointee.store(UInt32(task) + 1, ordering: .releasing)
    }
}

extension Job {
    /// Gives a task that has begun its last state, at `time`, in place of its worker, which won't come back from it: the worker's
    /// process must end right after that.
    public func giveUp(_ task: Int, _ failure: TaskFailure, at time: UInt64) {
        let record = record(task)
        record.pointee.value = 0
        record.pointee.failure = failure.bits
        record.pointee.stop = max(time, record.pointee.start)
        atomicMemoryFence(ordering: .releasing)
        record.pointee.status = .failed
        if plan.pointee.logs != 0 { note(ended: task) }
        // Nobody else sums up what this worker has done.
        if let stream {
            stream.pointee.tally.add(.failed, start: record.pointee.start, stop: record.pointee.stop)
        }
        _ = countFailure()
    }
}

/// The bytes that a job's tasks are given, as they stand in its memory. No bytes where they are given none.
public struct InputBytes {
    /// The whole block.
    public let block: UnsafeRawBufferPointer
    /// Where the spans are, how far they are apart, and which of a task's bits say which is its own.
    @usableFromInline let spans: UnsafeRawPointer?
    @usableFromInline let spanStride: Int
    @usableFromInline let spanMask: Int

    init(
        block: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        spans: UnsafePointer<ByteSpan>? = nil
    ) {
        self.block = block
        self.spans = spans.map { UnsafeRawPointer($0) }
        spanStride = ByteSpan.byteCount
        spanMask = .max
    }

    /// What the tasks of a lease are given: parts of its memory.
    init(of seat: StreamSeat) {
        let stream = seat.stream.pointee
        block = UnsafeRawBufferPointer(start: stream.base, count: Int(stream.at.size))
        spans = UnsafeRawPointer(par_stream_entry_of(seat.stream, 0)) + MemoryLayout<UInt64>.size
        spanStride = Int(PAR_STREAM_ENTRY)
        spanMask = Int(stream.shape.slots) - 1
    }

    /// Valid for as long as the job's memory. A span that is not within the block, as one that others have written over, is
    /// empty.
    @inlinable @inline(__always) public subscript(task: Int) -> UnsafeRawBufferPointer {
        guard let spans else { return block }
        let span = spans.load(fromByteOffset: (task & spanMask) * spanStride, as: ByteSpan.self)
        guard let range = span.range(within: block.count) else {
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return UnsafeRawBufferPointer(rebasing: block[range])
    }
}
