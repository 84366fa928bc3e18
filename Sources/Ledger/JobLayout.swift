/// Where the parts of a job begin, in bytes from its own beginning: the head, then these, in this order.
///
/// | part | bytes |
/// | --- | --- |
/// | records | 64 a task |
/// | details | what the workload tells of each task beside its record |
/// | inputs | what each task is given, see ``TaskInputs`` |
/// | log | 4 a task: the tasks in the order in which they ended |
/// | heap | what tasks hand back, see ``ResultWriter``; from a page's beginning on |
public struct JobLayout: Sendable, Equatable {
    public let detailBytes: Int
    public let hasLog: Bool
    let details: Int
    let inputs: Int
    let log: Int
    let heap: Int
    public let heapBytes: Int
    /// How many bytes the whole job takes.
    public let byteCount: Int

    /// - Parameters:
    ///   - detailBytes: a task's; a multiple of 8.
    ///   - inputBytes: those of all tasks together.
    ///   - heapBytes: those of the results of all tasks together.
    public init(
        tasks: Int, detailBytes: Int = 0, inputBytes: Int = 0, hasLog: Bool = false, heapBytes: Int = 0
    ) {
        self.heapBytes = heapBytes
        self.detailBytes = detailBytes
        self.hasLog = hasLog
        details = Job.headBytes + tasks * TaskRecord.byteCount
        // Blocks of inputs begin with a cache line.
        inputs = (details + tasks * detailBytes + 63) / 64 * 64
        log = inputs + (inputBytes + 7) / 8 * 8
        heap = Arena.roundedToPages(log + (hasLog ? tasks * MemoryLayout<UInt32>.stride : 0))
        byteCount = heap + Arena.roundedToPages(heapBytes)
    }
}
