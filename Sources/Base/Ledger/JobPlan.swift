/// What a job is: written before its workers are told of it, and only read by them.
public struct JobPlan: Sendable {
    /// There is no table of parts.
    static let noSpans = UInt64.max

    // What every worker reads when it is handed the job comes first: it is one cache line, which has to come from the
    // processor that wrote it.

    /// The daemon's number for the job.
    public var job: UInt64
    /// Tells the job's records from those of all others that had the same memory.
    public var generation: UInt64
    /// How many claims there are in this round: all tasks at first, those in the table later.
    public var claims: UInt64
    /// The table of task numbers of this round; 0 at first, when claim and task are the same number.
    public var tableOffset: UInt64 = 0
    /// How long a worker waits at least between two readings of its CPU clock; 0 for no readings.
    public var cpuInterval: UInt64
    /// The place of its workload in the catalogue.
    public var workload: UInt32
    public var crew: UInt32
    /// Bytes of the arguments; set where they are put into the job.
    public internal(set) var argumentBytes: UInt32 = 0
    /// After how many failed tasks no other is begun; 0 for never.
    public var failureLimit: UInt32 = 0
    /// See ``stream``; 0 slots where tasks are the job's own.
    var streamSlots: UInt32 = 0
    /// 1 if the end is told on the daemon's event, 0 if somebody waits on `finished` only.
    public var rings: UInt8
    /// 1 if tasks are noted in the log as they end; 2 if only those are whose workload says so, as others are of no interest.
    public var logs: UInt8 = 0
    /// 1 if those that run are told to stop once so many tasks have failed.
    public var haltsNow: UInt8 = 0
    /// 1 if workers are woken where they are: what a task starts would keep the processor that its worker was put on.
    public var staysPut: UInt8 = 0

    public var tasks: UInt64
    /// Bytes of the tasks' inputs; 0 where they have none.
    public var inputBytes: UInt64 = 0
    /// Where the block of inputs and the table of its parts begin within the inputs, see ``TaskInputs/Form``.
    var blockOffset: UInt64 = 0
    var spansOffset = JobPlan.noSpans
    /// Bytes of the words that all tasks share, at the end of inputs that are a block.
    var sharedBytes: UInt64 = 0
    /// Room for the results of all tasks together, in bytes; 0 where they hand back none.
    public var heapBytes: UInt64 = 0
    /// The largest result that one task may hand back, in bytes.
    public var resultLimit: UInt64 = 0
    /// See ``TaskInputs/Form``.
    var inputForm: UInt32 = 0
    /// Bytes that a task has beside its record for what its workload tells, see ``TaskDetail``; 0 for none.
    public var detailBytes: UInt32 = 0
    /// Columns among them.
    public var detailColumns: UInt32 = 0
    var streamInputBlocks: UInt32 = 0
    var streamResultBlocks: UInt32 = 0

    public init(job: UInt64, tasks: Int, workload: UInt32, crew: Int, cpuInterval: UInt64, rings: Bool) {
        self.job = job
        self.generation = job << 32
        self.tasks = UInt64(tasks)
        self.claims = UInt64(tasks)
        self.workload = workload
        self.crew = UInt32(crew)
        self.cpuInterval = cpuInterval
        self.rings = rings ? 1 : 0
    }

    /// Where the job's parts are.
    public var layout: JobLayout {
        JobLayout(
            tasks: Int(tasks), detailBytes: Int(detailBytes), inputBytes: Int(inputBytes), hasLog: logs != 0,
            heapBytes: streamSlots == 0 ? Int(heapBytes) : 0, tallies: streamSlots == 0 ? 0 : Int(crew))
    }

    /// Notes how the inputs stand in the job's memory.
    public mutating func note(_ inputs: TaskInputs) {
        inputs.describe(in: &self)
    }
}

/// Where the parts of a job begin, in bytes from its own beginning: the head, then these, in this order.
///
/// | part | bytes |
/// | --- | --- |
/// | records | 64 a task; of a lease, whose tasks are in its stream, a ``StreamTally`` a worker instead |
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
    ///   - tallies: workers of a lease.
    public init(
        tasks: Int, detailBytes: Int = 0, inputBytes: Int = 0, hasLog: Bool = false, heapBytes: Int = 0,
        tallies: Int = 0
    ) {
        self.heapBytes = heapBytes
        self.detailBytes = detailBytes
        self.hasLog = hasLog
        details = Job.headBytes + tasks * TaskRecord.byteCount + tallies * StreamTally.byteCount
        // Blocks of inputs begin with a cache line.
        inputs = (details + tasks * detailBytes + 63) / 64 * 64
        log = inputs + (inputBytes + 7) / 8 * 8
        heap = Arena.roundedToPages(log + (hasLog ? tasks * MemoryLayout<UInt32>.stride : 0))
        byteCount = heap + Arena.roundedToPages(heapBytes)
    }
}
