/// A job that has not ended.
public struct Job: Codable, Sendable, Equatable {
    public var job: String
    public var workload: String
    public var mode: Mode
    public var workers: Int
    /// `queued`, `starting`, `running`, `collecting` or `stopping`.
    public var state: String
    public var tasks: Int
    public var done: Int
    public var uid: Int
    /// Nanoseconds since acceptance.
    public var age: Int
    /// The workload's options, every one with its value. Nil for a job of another user's, unless root asks.
    public var arguments: [String: String]?

    public init(
        job: String, workload: String, mode: Mode, workers: Int, state: String, tasks: Int, done: Int, uid: Int,
        age: Int, arguments: [String: String]? = nil
    ) {
        self.job = job
        self.workload = workload
        self.mode = mode
        self.workers = workers
        self.state = state
        self.tasks = tasks
        self.done = done
        self.uid = uid
        self.age = age
        self.arguments = arguments
    }
}

public enum ListJobs {
    public static let method = "org.pard.Control.ListJobs"

    public struct Reply: Codable, Sendable, Equatable {
        public var jobs: [Job]

        public init(jobs: [Job]) {
            self.jobs = jobs
        }
    }
}

public enum CancelJob {
    public static let method = "org.pard.Control.CancelJob"

    public struct Request: Codable, Sendable, Equatable {
        public var job: String

        public init(job: String) {
            self.job = job
        }
    }
}
