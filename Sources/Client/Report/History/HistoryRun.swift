public import Control
public import Timing

/// A finished run as the journal remembers it. Times are nanoseconds, of which the journal keeps whole microseconds.
public struct HistoryRun: Encodable, Sendable, Equatable {
    /// When its entry was written, in nanoseconds since 1970.
    public var finished: Int
    public var job: String
    public var workload: String
    public var mode: String
    /// What its workers were made of; empty in entries of daemons that did not tell.
    public var runtime: String
    public var processes: Int
    /// Threads of each process.
    public var threads: Int
    /// `warm` or `cold`.
    public var temperature: String
    /// Why the run was cold; nil when it was warm.
    public var reason: String?
    public var tasks: Int
    /// Those that failed or were lost.
    public var tasksFailed: Int
    /// Workers that died at it, how often tasks were run again for that, and how long those workers had been at them. 0 in
    /// entries of daemons that did not tell.
    public var deaths: Int
    public var reruns: Int
    public var timeLost: Int
    public var phases: Phases
    /// The sum of the phases, exactly.
    public var elapsed: Int
    /// Wall time of all tasks together.
    public var taskSum: Int
    /// CPU time measured in them.
    public var taskCPU: Int
    /// The user who sent the run.
    public var peerUID: Int
    /// How the times of its tasks are spread, and how long workers were free before each; nil where the entry doesn't tell.
    public var taskTimes: Distribution?
    public var dispatchTimes: Distribution?

    enum CodingKeys: String, CodingKey {
        case finished, job, workload, mode, runtime, processes, threads, temperature, reason, tasks, phases, elapsed,
            deaths,
            reruns
        case tasksFailed = "tasks_failed"
        case timeLost = "time_lost"
        case taskSum = "task_sum"
        case taskCPU = "task_cpu"
        case peerUID = "peer_uid"
        case taskHistogram = "task_histogram"
        case dispatchHistogram = "dispatch_histogram"
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(finished, forKey: .finished)
        try members.encode(job, forKey: .job)
        try members.encode(workload, forKey: .workload)
        try members.encode(mode, forKey: .mode)
        try members.encode(runtime, forKey: .runtime)
        try members.encode(processes, forKey: .processes)
        try members.encode(threads, forKey: .threads)
        try members.encode(temperature, forKey: .temperature)
        try members.encodeIfPresent(reason, forKey: .reason)
        try members.encode(tasks, forKey: .tasks)
        try members.encode(tasksFailed, forKey: .tasksFailed)
        try members.encode(deaths, forKey: .deaths)
        try members.encode(reruns, forKey: .reruns)
        try members.encode(timeLost, forKey: .timeLost)
        try members.encode(phases, forKey: .phases)
        try members.encode(elapsed, forKey: .elapsed)
        try members.encode(taskSum, forKey: .taskSum)
        try members.encode(taskCPU, forKey: .taskCPU)
        try members.encode(peerUID, forKey: .peerUID)
        try members.encodeIfPresent(taskTimes?.text, forKey: .taskHistogram)
        try members.encodeIfPresent(dispatchTimes?.text, forKey: .dispatchHistogram)
    }

    /// A field that an entry lacks, or whose value can't be.
    public struct BadField: Error, Equatable {
        public let name: String
    }

    /// Reads the fields of a journal entry.
    ///
    /// - Parameters:
    ///   - microseconds: since 1970, when it was written.
    ///   - field: the value of a field, nil where the entry has none.
    public init(microseconds: Int, field: (RunField) -> String?) throws(BadField) {
        func text(_ name: RunField) throws(BadField) -> String {
            guard let text = field(name) else { throw BadField(name: name.rawValue) }
            return text
        }
        func number(_ name: RunField) throws(BadField) -> Int {
            // The bound leaves room for nanoseconds: 285 years.
            guard let number = Int(try text(name)), number >= 0, number < 1 << 53 else {
                throw BadField(name: name.rawValue)
            }
            return number
        }
        func time(_ name: RunField) throws(BadField) -> Int { try number(name) * 1000 }

        finished = microseconds * 1000
        job = try text(.job)
        workload = try text(.workload)
        mode = try text(.mode)
        runtime = field(.runtime) ?? ""
        processes = try number(.processes)
        threads = try number(.threads)
        temperature = try text(.temperature)
        let why = try text(.coldReason)
        reason = why.isEmpty ? nil : why
        tasks = try number(.tasks)
        tasksFailed = try number(.tasksFailed)
        deaths = try field(.deaths) == nil ? 0 : number(.deaths)
        reruns = try field(.reruns) == nil ? 0 : number(.reruns)
        timeLost = try field(.timeLost) == nil ? 0 : time(.timeLost)
        phases = Phases(
            queue: try time(.queue), startup: try time(.startup), dispatch: try time(.dispatch), run: try time(.run),
            collect: try time(.collect), teardown: try time(.teardown))
        elapsed = try time(.elapsed)
        taskSum = try time(.taskSum)
        taskCPU = try time(.taskCPU)
        peerUID = try number(.peerUID)
        func distribution(_ name: RunField) throws(BadField) -> Distribution? {
            guard let text = field(name), !text.isEmpty else { return nil }
            guard let distribution = Distribution(text: text) else { throw BadField(name: name.rawValue) }
            return distribution
        }
        taskTimes = try distribution(.taskHistogram)
        dispatchTimes = try distribution(.dispatchHistogram)
    }

    /// Wall time of its average task; 0 where it had none.
    public var taskMean: Int { tasks > 0 ? taskSum / tasks : 0 }
}
