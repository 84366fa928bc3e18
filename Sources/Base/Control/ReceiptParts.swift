/// Where the time of a run went, in nanoseconds.
public struct Phases: Codable, Sendable, Equatable {
    public var queue: Int
    public var startup: Int
    public var dispatch: Int
    public var run: Int
    public var collect: Int
    public var teardown: Int

    public init(queue: Int, startup: Int, dispatch: Int, run: Int, collect: Int, teardown: Int) {
        self.queue = queue
        self.startup = startup
        self.dispatch = dispatch
        self.run = run
        self.collect = collect
        self.teardown = teardown
    }

    /// The whole run.
    public var sum: Int { queue + startup + dispatch + run + collect + teardown }
}

/// How many of a run's tasks came to which end.
public struct Tasks: Codable, Sendable, Equatable {
    public var total: Int
    public var ok: Int
    public var failed: Int
    /// Their worker died and they may not be run again, or died too often.
    public var lost: Int
    public var cancelled: Int

    public init(ok: Int = 0, failed: Int = 0, lost: Int = 0, cancelled: Int = 0) {
        self.total = ok + failed + lost + cancelled
        self.ok = ok
        self.failed = failed
        self.lost = lost
        self.cancelled = cancelled
    }
}

/// Wall and CPU times of the tasks that ran, in nanoseconds; all 0 where none did.
public struct TaskTimes: Codable, Sendable, Equatable {
    public var sum: Int
    public var cpuSum: Int
    /// How many tasks `cpuSum` speaks for.
    public var cpuCovered: Int
    /// The shortest time between two readings of a worker's CPU clock.
    public var cpuInterval: Int
    public var min: Int
    public var p50: Int
    public var p90: Int
    public var p99: Int
    public var max: Int

    enum CodingKeys: String, CodingKey {
        case sum, min, p50, p90, p99, max
        case cpuSum = "cpu_sum"
        case cpuCovered = "cpu_covered"
        case cpuInterval = "cpu_interval"
    }

    public init(
        sum: Int = 0, cpuSum: Int = 0, cpuCovered: Int = 0, cpuInterval: Int = 0, min: Int = 0, p50: Int = 0,
        p90: Int = 0, p99: Int = 0, max: Int = 0
    ) {
        self.sum = sum
        self.cpuSum = cpuSum
        self.cpuCovered = cpuCovered
        self.cpuInterval = cpuInterval
        self.min = min
        self.p50 = p50
        self.p90 = p90
        self.p99 = p99
        self.max = max
    }
}

/// How a run's times are spread: HDR histograms of nanoseconds with two significant digits, which merge with those of other runs.
/// Each is the encoding "V2" of HdrHistogram, not compressed, in base64.
public struct Histograms: Codable, Sendable, Equatable {
    /// How long tasks took; without any where none ran.
    public var task: String
    /// How long workers that were free took to begin their next task: from being ready, or from the end of the one before. Nil
    /// where nobody kept that, as in leases.
    public var dispatch: String?

    public init(task: String, dispatch: String?) {
        self.task = task
        self.dispatch = dispatch
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(task, forKey: .task)
        try members.encode(dispatch, forKey: .dispatch)
    }
}

/// Where a run was, and how busy it was there at the time, as far as the system tells.
public struct Host: Codable, Sendable, Equatable {
    public var name: String
    /// As `Linux 6.12.57+deb13-amd64 x86_64`.
    public var kernel: String
    /// Processors that the daemon may use.
    public var cores: Int
    /// The system's ID of this boot.
    public var boot: String?
    /// How many tasks were ready to run or waited for a disk, over the last minute.
    public var load: Double?
    /// For how much of the last ten seconds some task waited for a processor, for memory or for a disk, in percent.
    public var cpuPressure: Double?
    public var memoryPressure: Double?
    public var ioPressure: Double?

    enum CodingKeys: String, CodingKey {
        case name, kernel, cores, boot, load
        case cpuPressure = "cpu_pressure"
        case memoryPressure = "memory_pressure"
        case ioPressure = "io_pressure"
    }

    public init(
        name: String, kernel: String, cores: Int, boot: String? = nil, load: Double? = nil, cpuPressure: Double? = nil,
        memoryPressure: Double? = nil, ioPressure: Double? = nil
    ) {
        self.name = name
        self.kernel = kernel
        self.cores = cores
        self.boot = boot
        self.load = load
        self.cpuPressure = cpuPressure
        self.memoryPressure = memoryPressure
        self.ioPressure = ioPressure
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(name, forKey: .name)
        try members.encode(kernel, forKey: .kernel)
        try members.encode(cores, forKey: .cores)
        try members.encode(boot, forKey: .boot)
        try members.encode(load, forKey: .load)
        try members.encode(cpuPressure, forKey: .cpuPressure)
        try members.encode(memoryPressure, forKey: .memoryPressure)
        try members.encode(ioPressure, forKey: .ioPressure)
    }
}

/// What a workload measures in its tasks beside their times, summed up over those that measured it.
public struct Figure: Codable, Sendable, Equatable {
    public var name: String
    /// `ns`, `bytes`, or what is counted.
    public var unit: String
    /// How many tasks measured it.
    public var count: Int
    public var sum: Int
    public var min: Int
    public var p50: Int
    public var p99: Int
    public var max: Int

    public init(name: String, unit: String, count: Int, sum: Int, min: Int, p50: Int, p99: Int, max: Int) {
        self.name = name
        self.unit = unit
        self.count = count
        self.sum = sum
        self.min = min
        self.p50 = p50
        self.p99 = p99
        self.max = max
    }
}

/// What one worker of a run cost, in nanoseconds.
public struct WorkerCost: Codable, Sendable, Equatable {
    public var worker: Int
    public var pid: Int
    public var tid: Int
    /// From asking for the worker to its being ready, whenever that was.
    public var startup: Int
    /// From all workers being ready to the start of this one's first task; 0 where it ran none.
    public var dispatch: Int
    /// How many tasks it ran.
    public var tasks: Int

    public init(worker: Int, pid: Int, tid: Int, startup: Int, dispatch: Int, tasks: Int) {
        self.worker = worker
        self.pid = pid
        self.tid = tid
        self.startup = startup
        self.dispatch = dispatch
        self.tasks = tasks
    }
}

/// What the workers of a run that are an interpreter's were made of, and what it took. Times are in nanoseconds.
public struct Interpreter: Codable, Sendable, Equatable {
    /// As `Python 3.13.0`.
    public var version: String
    /// Whether only one thread of a process runs its code at a time.
    public var takesTurns: Bool
    /// What the start-up of the slowest worker went into: until the interpreter was up, until all was imported, until the
    /// worker was forked, until it was ready. What was there before the worker was asked for took nothing of it.
    public var program: Int
    public var imports: Int
    public var fork: Int
    public var ready: Int
    /// How long workers were ready to run in this run and had no processor, all together; 0 where the kernel doesn't tell.
    public var waited: Int
    /// What may go wrong with it, for people.
    public var warnings: [String]

    enum CodingKeys: String, CodingKey {
        case version, program, imports, fork, ready, waited, warnings
        case takesTurns = "takes_turns"
    }

    public init(
        version: String, takesTurns: Bool, program: Int, imports: Int, fork: Int, ready: Int, waited: Int,
        warnings: [String] = []
    ) {
        self.version = version
        self.takesTurns = takesTurns
        self.program = program
        self.imports = imports
        self.fork = fork
        self.ready = ready
        self.waited = waited
        self.warnings = warnings
    }
}

/// A reason that tasks did not end ok, and how many gave it.
public struct Failure: Codable, Sendable, Equatable {
    public var reason: String
    public var count: Int
    public var firstTask: Int

    enum CodingKeys: String, CodingKey {
        case reason, count
        case firstTask = "first_task"
    }

    public init(reason: String, count: Int, firstTask: Int) {
        self.reason = reason
        self.count = count
        self.firstTask = firstTask
    }
}
