/// The account of one run: how it was served and where its time went.
///
/// Every time is in nanoseconds of CLOCK_MONOTONIC. The JSON form is schema ``schemaName``; keys are only ever added to it.
public struct Receipt: Codable, Sendable, Equatable {
    public static let schemaName = "pard.run/1"

    public var schema: String
    public var job: String
    public var workload: String
    public var arguments: [String: String]
    /// What the first task was given, as it would be typed, and `…` behind it where others were given something else. Nil
    /// where tasks are given nothing.
    public var input: String?
    public var mode: Mode
    public var processes: Int
    /// Threads of each process.
    public var threads: Int
    /// `processes × threads`.
    public var workers: Int
    public var temperature: Temperature
    /// Why the run was cold: `requested`, `pool too small`, `worker replaced`, `first use`,
    /// `file changed`. Nil when it was warm.
    public var reason: String?
    public var outcome: Outcome
    public var tasks: Tasks
    public var phases: Phases
    /// The sum of the six phases, exactly.
    public var elapsed: Int
    /// What starting the workers that served this run once cost, when they were warm.
    public var poolStartupPaid: Int
    /// How long those workers had been ready when the run got them.
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
    /// What the workload measures beside times; empty for those that measure nothing.
    public var figures: [Figure]
    public var workerCosts: [WorkerCost]
    public var failures: [Failure]
    /// How many workers died at this run.
    public var deaths: Int
    /// How often tasks were run again because a worker died at them.
    public var reruns: Int
    /// How long workers that died had been at the tasks that they left, all together.
    public var timeLost: Int
    /// Of workers that are an interpreter's; nil for others.
    public var interpreter: Interpreter?
    /// How its times are spread; nil from daemons that don't tell.
    public var histograms: Histograms?
    /// Where it was; nil likewise.
    public var host: Host?

    public enum Temperature: String, Codable, Sendable, CaseIterable {
        case warm, cold
    }

    public enum Outcome: String, Codable, Sendable, CaseIterable {
        case ok, failed, cancelled, timeout
    }

    enum CodingKeys: String, CodingKey {
        case schema, job, workload, arguments, input, mode, processes, threads, workers, temperature, reason, outcome
        case tasks, phases, elapsed, task, speedup, efficiency, figures, failures, deaths, reruns, interpreter
        case histograms, host
        case poolStartupPaid = "pool_startup_paid"
        case poolReadyFor = "pool_ready_for"
        case breakEven = "break_even"
        case valueSum = "value_sum"
        case valueUnit = "value_unit"
        case workerCosts = "worker_costs"
        case timeLost = "time_lost"
    }

    public init(
        schema: String = Receipt.schemaName, job: String, workload: String, arguments: [String: String],
        input: String? = nil,
        mode: Mode, processes: Int, threads: Int, temperature: Temperature, reason: String?, outcome: Outcome,
        tasks: Tasks, phases: Phases, poolStartupPaid: Int, poolReadyFor: Int, task: TaskTimes, speedup: Double?,
        efficiency: Double?, breakEven: Int?, valueSum: Int, valueUnit: String?, figures: [Figure] = [],
        workerCosts: [WorkerCost], failures: [Failure], deaths: Int = 0, reruns: Int = 0, timeLost: Int = 0,
        interpreter: Interpreter? = nil, histograms: Histograms? = nil, host: Host? = nil
    ) {
        self.schema = schema
        self.job = job
        self.workload = workload
        self.arguments = arguments
        self.input = input
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
        self.figures = figures
        self.workerCosts = workerCosts
        self.failures = failures
        self.deaths = deaths
        self.reruns = reruns
        self.timeLost = timeLost
        self.interpreter = interpreter
        self.histograms = histograms
        self.host = host
    }

    /// Writes every key, with an explicit null where there is no value: readers of the schema need not tell the two apart.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(schema, forKey: .schema)
        try members.encode(job, forKey: .job)
        try members.encode(workload, forKey: .workload)
        try members.encode(arguments, forKey: .arguments)
        try members.encode(input, forKey: .input)
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
        try members.encode(figures, forKey: .figures)
        try members.encode(workerCosts, forKey: .workerCosts)
        try members.encode(failures, forKey: .failures)
        try members.encode(deaths, forKey: .deaths)
        try members.encode(reruns, forKey: .reruns)
        try members.encode(timeLost, forKey: .timeLost)
        try members.encode(interpreter, forKey: .interpreter)
        try members.encode(histograms, forKey: .histograms)
        try members.encode(host, forKey: .host)
    }
}
