/// Where the parts of a job begin, in bytes from its own beginning: the head, then these, in this order.
///
/// | part | bytes |
/// | --- | --- |
/// | records | 64 a task |
/// | details | what the workload tells of each task beside its record |
/// | inputs | what each task is given, see ``TaskInputs`` |
/// | log | 4 a task: the tasks in the order in which they ended |
public struct JobLayout: Sendable, Equatable {
    public let detailBytes: Int
    public let hasLog: Bool
    let details: Int
    let inputs: Int
    let log: Int
    /// How many bytes the whole job takes.
    public let byteCount: Int

    /// - Parameters:
    ///   - detailBytes: a task's; a multiple of 8.
    ///   - inputBytes: those of all tasks together.
    public init(tasks: Int, detailBytes: Int = 0, inputBytes: Int = 0, hasLog: Bool = false) {
        self.detailBytes = detailBytes
        self.hasLog = hasLog
        details = Job.headBytes + tasks * TaskRecord.byteCount
        inputs = details + tasks * detailBytes
        log = inputs + (inputBytes + 7) / 8 * 8
        byteCount = Arena.roundedToPages(log + (hasLog ? tasks * MemoryLayout<UInt32>.stride : 0))
    }
}
