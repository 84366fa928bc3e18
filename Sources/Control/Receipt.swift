/// The account of one run: how it was served and where its time went.
///
/// Every time is in nanoseconds of CLOCK_MONOTONIC. The JSON form is schema ``schemaName``; keys are only ever added to it.
public struct Receipt: Codable, Sendable, Equatable {
    public static let schemaName = "pard.run/1"

    public var schema: String
    public var job: String
    public var workload: String
    public var arguments: [String: String]
    public var mode: Mode
    public var processes: Int
    /// Threads of each process.
    public var threads: Int
    /// `processes × threads`.
    public var workers: Int
    public var temperature: Temperature
    /// Why the run was cold: `requested`, `pool too small`, `worker replaced`, `first use`. Nil when it was warm.
    public var reason: String?
    public var outcome: Outcome
    public var tasks: Tasks
    public var phases: Phases
    /// The sum of the six phases, exactly.
    public var elapsed: Int
    /// What starting the workers that served this run once cost, when they were warm.
    public var poolStartupPaid: Int
    /// How long those workers had been ready when the run was accepted.
    public var poolReadyFor: Int
    public var task: TaskTimes
    /// Sum of task times over `run`; nil where no task ran.
    public var speedup: Double?
    /// `speedup` over `workers`.
    public var efficiency: Double?
    /// From how many such tasks on starting these workers pays against one worker that is there; nil where it never does.
    public var breakEven: Int?
    /// The sum of what the tasks returned, in `valueUnit`; wraps around at 2⁶³.
    public var valueSum: Int
    public var valueUnit: String?
    public var workerCosts: [WorkerCost]
    public var failures: [Failure]

    public enum Temperature: String, Codable, Sendable {
        case warm, cold
    }

    public enum Outcome: String, Codable, Sendable {
        case ok, failed, cancelled, timeout
    }

    enum CodingKeys: String, CodingKey {
        case schema, job, workload, arguments, mode, processes, threads, workers, temperature, reason, outcome
        case tasks, phases, elapsed, task, speedup, efficiency, failures
        case poolStartupPaid = "pool_startup_paid"
        case poolReadyFor = "pool_ready_for"
        case breakEven = "break_even"
        case valueSum = "value_sum"
        case valueUnit = "value_unit"
        case workerCosts = "worker_costs"
    }

    public init(
        schema: String = Receipt.schemaName, job: String, workload: String, arguments: [String: String], mode: Mode,
        processes: Int, threads: Int, temperature: Temperature, reason: String?, outcome: Outcome,
        tasks: Tasks, phases: Phases, poolStartupPaid: Int, poolReadyFor: Int, task: TaskTimes, speedup: Double?,
        efficiency: Double?, breakEven: Int?, valueSum: Int, valueUnit: String?, workerCosts: [WorkerCost],
        failures: [Failure]
    ) {
        self.schema = schema
        self.job = job
        self.workload = workload
        self.arguments = arguments
        self.mode = mode
        self.processes = processes
        self.threads = threads
        self.workers = processes * threads
        self.temperature = temperature
        self.reason = reason
        self.outcome = outcome
        self.tasks = tasks
        self.phases = phases
        self.elapsed = phases.sum
        self.poolStartupPaid = poolStartupPaid
        self.poolReadyFor = poolReadyFor
        self.task = task
        self.speedup = speedup
        self.efficiency = efficiency
        self.breakEven = breakEven
        self.valueSum = valueSum
        self.valueUnit = valueUnit
        self.workerCosts = workerCosts
        self.failures = failures
    }

    /// Writes every key, with an explicit null where there is no value: readers of the schema need not tell the two apart.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(schema, forKey: .schema)
        try members.encode(job, forKey: .job)
        try members.encode(workload, forKey: .workload)
        try members.encode(arguments, forKey: .arguments)
        try members.encode(mode, forKey: .mode)
        try members.encode(processes, forKey: .processes)
        try members.encode(threads, forKey: .threads)
        try members.encode(workers, forKey: .workers)
        try members.encode(temperature, forKey: .temperature)
        try members.encode(reason, forKey: .reason)
        try members.encode(outcome, forKey: .outcome)
        try members.encode(tasks, forKey: .tasks)
        try members.encode(phases, forKey: .phases)
        try members.encode(elapsed, forKey: .elapsed)
        try members.encode(poolStartupPaid, forKey: .poolStartupPaid)
        try members.encode(poolReadyFor, forKey: .poolReadyFor)
        try members.encode(task, forKey: .task)
        try members.encode(speedup, forKey: .speedup)
        try members.encode(efficiency, forKey: .efficiency)
        try members.encode(breakEven, forKey: .breakEven)
        try members.encode(valueSum, forKey: .valueSum)
        try members.encode(valueUnit, forKey: .valueUnit)
        try members.encode(workerCosts, forKey: .workerCosts)
        try members.encode(failures, forKey: .failures)
    }
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

/// One task of a run. `start` and `stop` are nanoseconds since the acceptance of the job.
public struct Record: Codable, Sendable, Equatable {
    public var task: Int
    /// Counts from 0 within the run.
    public var worker: Int
    public var pid: Int
    public var tid: Int
    public var start: Int
    public var stop: Int
    public var cpu: Int
    public var attempt: Int
    /// `ok`, `failed`, `lost` or `cancelled`.
    public var status: String
    public var value: Int
    public var reason: String?

    public init(
        task: Int, worker: Int, pid: Int, tid: Int, start: Int, stop: Int, cpu: Int, attempt: Int, status: String,
        value: Int, reason: String?
    ) {
        self.task = task
        self.worker = worker
        self.pid = pid
        self.tid = tid
        self.start = start
        self.stop = stop
        self.cpu = cpu
        self.attempt = attempt
        self.status = status
        self.value = value
        self.reason = reason
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
