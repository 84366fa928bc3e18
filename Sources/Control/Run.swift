/// How the workers of a run are arranged.
public enum Mode: String, Codable, Sendable, CaseIterable {
    /// One worker, one task after the other.
    case serial
    /// One process of several threads.
    case threads
    /// Several processes of one thread each.
    case processes
    /// Several processes of several threads each.
    case mixed
}

/// What a run that wants no warm workers starts instead.
public enum Cold: String, Codable, Sendable, CaseIterable {
    /// New threads in a running worker process, or new processes forked by the zygote.
    case fresh
    /// New processes that are programs of their own, started anew.
    case exec
}

/// `org.pard.Control.Run`: the call and its replies.
public enum Run {
    public static let method = "org.pard.Control.Run"

    public struct Request: Codable, Sendable, Equatable {
        /// A name of the catalogue, such as `io`.
        public var workload: String
        /// The workload's options by name, as a person would type them: `["size": "8MiB", "read": "true"]`.
        public var arguments: [String: String]?
        public var mode: Mode?
        public var processes: Int?
        public var threads: Int?
        /// Four for each worker when nil.
        public var tasks: Int?
        public var cold: Cold?
        /// Nanoseconds for the whole run; nil for no limit.
        public var timeout: Int?
        /// Whether every task's record is sent before the receipt.
        public var records: Bool?
        /// What each task is given, for workloads that need something.
        public var inputs: [Input]?
        /// Where commands run; ``Context/bare`` when nil.
        public var context: Context?
        /// Whether and when what tasks write is sent.
        public var outputs: OutputOrder?
        public var halt: Halt?

        public init(
            workload: String, arguments: [String: String]? = nil, mode: Mode? = nil, processes: Int? = nil,
            threads: Int? = nil, tasks: Int? = nil, cold: Cold? = nil, timeout: Int? = nil, records: Bool? = nil,
            inputs: [Input]? = nil, context: Context? = nil, outputs: OutputOrder? = nil, halt: Halt? = nil
        ) {
            self.workload = workload
            self.arguments = arguments
            self.mode = mode
            self.processes = processes
            self.threads = threads
            self.tasks = tasks
            self.cold = cold
            self.timeout = timeout
            self.records = records
            self.inputs = inputs
            self.context = context
            self.outputs = outputs
            self.halt = halt
        }
    }

    /// What one task is given. A literal of its words is one: `["echo", "a word"]`.
    public struct Input: Codable, Sendable, Equatable, ExpressibleByArrayLiteral {
        /// A command with its arguments; a URL; or a URL, a body, which may be empty, and headers.
        public var words: [String]

        public init(words: [String]) { self.words = words }

        public init(arrayLiteral words: String...) { self.words = words }
    }

    /// One reply of the stream: exactly one member is there.
    public struct Reply: Codable, Sendable, Equatable {
        public var accepted: Accepted?
        public var progress: Progress?
        public var outputs: [Output]?
        public var records: [Record]?
        public var receipt: Receipt?

        public init(
            accepted: Accepted? = nil, progress: Progress? = nil, outputs: [Output]? = nil, records: [Record]? = nil,
            receipt: Receipt? = nil
        ) {
            self.accepted = accepted
            self.progress = progress
            self.outputs = outputs
            self.records = records
            self.receipt = receipt
        }
    }

    /// The job is in the queue and has a name.
    public struct Accepted: Codable, Sendable, Equatable {
        public var job: String
        public var workers: Int
        public var tasks: Int

        public init(job: String, workers: Int, tasks: Int) {
            self.job = job
            self.workers = workers
            self.tasks = tasks
        }
    }

    /// How far the job is.
    public struct Progress: Codable, Sendable, Equatable {
        /// `queued`, `starting`, `running`, `collecting` or `stopping`.
        public var state: String
        /// Tasks that have ended.
        public var done: Int
        public var total: Int
        /// Nanoseconds since acceptance.
        public var elapsed: Int

        public init(state: String, done: Int, total: Int, elapsed: Int) {
            self.state = state
            self.done = done
            self.total = total
            self.elapsed = elapsed
        }
    }
}
