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
    public var sharedInput: Words { words(0) }

    private func words(_ index: Int) -> Words {
        let plan = plan.pointee
        guard plan.inputBytes > 0 else { return Words(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return TaskInputs.words(index, at: base + plan.layout.inputs, tasks: Int(plan.tasks))
    }

    /// Puts the inputs into the job, whose plan knows their size.
    public func store(_ inputs: TaskInputs) {
        let place = UnsafeMutableRawBufferPointer(
            start: base + plan.pointee.layout.inputs, count: Int(plan.pointee.inputBytes))
        place.copyBytes(from: inputs.bytes)
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
        if layout.hasLog { clear(layout.log..<layout.byteCount) }
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
