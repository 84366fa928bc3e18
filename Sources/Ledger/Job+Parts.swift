import Synchronization

// What only some jobs have: details, inputs, and the log of tasks that have ended.
extension Job {
    /// What the workload tells of a task beside its record, in as many bytes as the plan says. Written by the task, and to
    /// be read once it has ended.
    public func detail(_ task: Int) -> UnsafeMutableRawPointer {
        let layout = plan.pointee.layout
        return base + layout.details + task * layout.detailBytes
    }

    /// The details of all tasks, to be read once those have ended.
    public var details: TaskDetails {
        let layout = plan.pointee.layout
        return TaskDetails(base: UnsafeRawPointer(base + layout.details), byteCount: layout.detailBytes)
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
    private func logEntry(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        place(plan.pointee.layout.log + index * MemoryLayout<UInt32>.stride)
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
        let index = Int(logged.pointee.add(1, ordering: .relaxed).oldValue)
        // A task that is run again after its worker died may come twice.
        guard index < Int(plan.pointee.tasks) else { return }
        logEntry(index).pointee.store(UInt32(task) + 1, ordering: .releasing)
    }

    /// The tasks that have been noted since `cursor`, which is moved on; in the order in which they ended.
    ///
    /// It stops at a place that a worker has taken and not written. One that died there leaves it so for good: what ended
    /// later is found when the job has.
    public func ended(since cursor: inout Int, atMost limit: Int = .max) -> [Int] {
        var tasks: [Int] = []
        let end = min(Int(logged.pointee.load(ordering: .acquiring)), Int(plan.pointee.tasks))
        while cursor < end, tasks.count < limit {
            let entry = logEntry(cursor).pointee.load(ordering: .acquiring)
            if entry == 0 { break }
            tasks.append(Int(entry) - 1)
            cursor += 1
        }
        return tasks
    }
}
