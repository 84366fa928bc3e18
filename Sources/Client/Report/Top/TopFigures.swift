public import Control

/// What one kind of work came to within some time.
public struct TopWork: Encodable, Sendable, Equatable {
    /// Runs and leases that are counted together.
    public struct Kind: Hashable, Sendable, Comparable {
        public let workload: String
        public let mode: String
        public let temperature: String

        public init(workload: String, mode: String, temperature: String) {
            self.workload = workload
            self.mode = mode
            self.temperature = temperature
        }

        init?(_ labels: [String: String]) {
            guard let workload = labels["workload"], let mode = labels["mode"], let temperature = labels["temperature"]
            else { return nil }
            self.init(workload: workload, mode: mode, temperature: temperature)
        }

        public static func < (one: Kind, other: Kind) -> Bool {
            (one.workload, one.mode, other.temperature) < (other.workload, other.mode, one.temperature)
        }
    }

    /// Nanoseconds that half of all, and 99 of 100, did not exceed, about.
    public struct Spread: Encodable, Sendable, Equatable {
        public let p50: Int
        public let p99: Int

        init?(_ durations: Durations?) {
            guard let durations, let p50 = durations.quantile(0.5), let p99 = durations.quantile(0.99) else {
                return nil
            }
            self.p50 = p50
            self.p99 = p99
        }
    }

    public let kind: Kind
    /// Runs and leases that have ended.
    public let runs: Int
    public let tasks: Int
    public let queue: Spread?
    /// Of cold ones.
    public let startup: Spread?
    public let dispatch: Spread?
    public let task: Spread?

    enum CodingKeys: String, CodingKey {
        case workload, mode, temperature, runs, tasks, queue, startup, dispatch, task
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind.workload, forKey: .workload)
        try container.encode(kind.mode, forKey: .mode)
        try container.encode(kind.temperature, forKey: .temperature)
        try container.encode(runs, forKey: .runs)
        try container.encode(tasks, forKey: .tasks)
        try container.encode(queue, forKey: .queue)
        try container.encode(startup, forKey: .startup)
        try container.encode(dispatch, forKey: .dispatch)
        try container.encode(task, forKey: .task)
    }
}

/// A daemon as it is now, and what it has done within the time before: the document of `--json`.
public struct TopFigures: Encodable, Sendable {
    /// Nanoseconds that `work` and `cpu` are about.
    public let span: Int
    public let status: GetStatus.Reply
    public let pools: [Pool]
    public let jobs: [Job]
    /// What has ended within the span, in the order of names.
    public let work: [TopWork]
    /// Processor time of the daemon's own process within the span, in nanoseconds, and its memory in bytes.
    public let cpu: Int
    public let memory: Int
    /// Workers that have died within the span.
    public let losses: Int

    /// - Parameter before: the same daemon, earlier.
    public init(_ now: TopSample, since before: TopSample) {
        span = max(now.time - before.time, 0)
        status = now.status
        pools = now.pools
        jobs = now.jobs
        func change(_ name: String) -> Double { max(now.sum(name) - before.sum(name), 0) }
        cpu = Int(clamping: Int64(min(change("process_cpu_seconds"), 1e9) * 1e9))
        memory = Int(clamping: Int64(min(now.sum("process_resident_memory_bytes"), 1e18)))
        losses = Int(min(change("pard_worker_losses"), 1e9))
        work = Self.work(now, since: before)
    }

    private static func work(_ now: TopSample, since before: TopSample) -> [TopWork] {
        func changes(_ name: String) -> [TopWork.Kind: Int] {
            let earlier = before.counts(name)
            return now.counts(name).reduce(into: [:]) { changes, count in
                changes[count.key] = Int(min(max(count.value - (earlier[count.key] ?? 0), 0), 1e15))
            }
        }
        func durations(_ name: String) -> [TopWork.Kind: Durations] {
            let earlier = before.durations(name)
            return now.durations(name).reduce(into: [:]) { all, one in
                all[one.key] = one.value.since(earlier[one.key])
            }
        }
        let runs = changes("pard_runs").merging(changes("pard_leases")) { $0 + $1 }
        let tasks = changes("pard_tasks")
        let (queue, startup) = (durations("pard_queue_seconds"), durations("pard_startup_seconds"))
        let (dispatch, task) = (durations("pard_dispatch_seconds"), durations("pard_task_seconds"))
        return runs.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { kind, count in
            TopWork(
                kind: kind, runs: count, tasks: tasks[kind] ?? 0, queue: .init(queue[kind]),
                startup: .init(startup[kind]), dispatch: .init(dispatch[kind]), task: .init(task[kind]))
        }
    }
}

/// What the jobs of a list are sorted by.
public enum TopOrder: String, CaseIterable, Sendable {
    case age, workers, tasks, done, workload, user

    /// The next one, the first after the last.
    public var next: TopOrder {
        let all = Self.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }

    /// The jobs, those with the most first, and words in alphabetical order; in reverse where that is asked for. Jobs that are the
    /// same in this stay in the order of their names.
    public func sorted(_ jobs: [Job], isReversed: Bool = false) -> [Job] {
        func isBefore(_ one: Job, _ other: Job) -> Bool? {
            func more(_ number: KeyPath<Job, Int>) -> Bool? {
                one[keyPath: number] == other[keyPath: number] ? nil : one[keyPath: number] > other[keyPath: number]
            }
            return switch self {
            case .age: more(\.age)
            case .workers: more(\.workers)
            case .tasks: more(\.tasks)
            case .done: more(\.done)
            case .user: more(\.uid).map { !$0 }
            case .workload: one.workload == other.workload ? nil : one.workload < other.workload
            }
        }
        return jobs.sorted { one, other in
            isBefore(one, other).map { $0 != isReversed } ?? (one.job < other.job)
        }
    }
}
