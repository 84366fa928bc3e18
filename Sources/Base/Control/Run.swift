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
        /// What each task is given as bytes, for workloads that take them.
        public var block: Block?
        /// Whether what tasks hand back comes with the last reply, as a descriptor.
        public var results: Bool?
        /// Whether the first results are sent while the run goes on.
        public var early: Bool?
        /// Whether it waits for busy workers of its pool rather than have the pool grow.
        public var wait: Bool?

        public init(
            workload: String, arguments: [String: String]? = nil, mode: Mode? = nil, processes: Int? = nil,
            threads: Int? = nil, tasks: Int? = nil, cold: Cold? = nil, timeout: Int? = nil, records: Bool? = nil,
            inputs: [Input]? = nil, context: Context? = nil, outputs: OutputOrder? = nil, halt: Halt? = nil,
            block: Block? = nil, results: Bool? = nil, early: Bool? = nil, wait: Bool? = nil
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
            self.block = block
            self.results = results
            self.early = early
            self.wait = wait
        }
    }

    /// What one task is given. A literal of its words is one: `["echo", "a word"]`.
    public struct Input: Codable, Sendable, Equatable, ExpressibleByArrayLiteral {
        /// A command with its arguments; a URL; or a URL, a body, which may be empty, and headers: bytes as ``Bytes/ByteText``.
        public var words: [String]

        public init(words: [String]) { self.words = words }

        public init(arrayLiteral words: String...) { self.words = words }
    }

    /// What tasks are given as bytes: one block, of which each task has a part. That of a command is its words, each with a NUL
    /// behind it.
    public struct Block: Codable, Sendable, Equatable {
        /// The block itself; nil where it is a file.
        public var base64: String?
        /// The place of the file's descriptor among those that come with the call.
        public var descriptor: Int?
        /// Of the parts, which stand one behind the other from the block's beginning.
        public var lengths: [Int]?
        /// Where in the file the parts are written down: an offset from its beginning and a length for each task, as 64-bit
        /// integers of this host. With neither, each task is given the whole block.
        public var table: Int?

        public init(base64: String? = nil, descriptor: Int? = nil, lengths: [Int]? = nil, table: Int? = nil) {
            self.base64 = base64
            self.descriptor = descriptor
            self.lengths = lengths
            self.table = table
        }
    }

    /// What tasks have handed back: a sealed memory file that comes with the reply. It begins with a table as a ``Block``'s.
    public struct Results: Codable, Sendable, Equatable {
        /// The place of its descriptor among those that come with the reply.
        public var descriptor: Int
        /// Of the file.
        public var bytes: Int
        /// Where in it the table of failed tasks' reasons begins; nil where none has failed.
        public var failures: Int?
        /// The task that the tables begin with; nil for the first one. Those before it have come early.
        public var first: Int?

        public init(descriptor: Int, bytes: Int, failures: Int? = nil, first: Int? = nil) {
            self.descriptor = descriptor
            self.bytes = bytes
            self.failures = failures
            self.first = first
        }
    }

    /// One reply of the stream: exactly one member is there, but that results come with the receipt.
    public struct Reply: Codable, Sendable, Equatable {
        public var accepted: Accepted?
        public var progress: Progress?
        public var outputs: [Output]?
        /// What the next tasks have handed back, in their order, each whole.
        public var early: [Output]?
        public var records: [Record]?
        public var results: Results?
        public var receipt: Receipt?

        public init(
            accepted: Accepted? = nil, progress: Progress? = nil, outputs: [Output]? = nil, early: [Output]? = nil,
            records: [Record]? = nil, results: Results? = nil, receipt: Receipt? = nil
        ) {
            self.accepted = accepted
            self.progress = progress
            self.outputs = outputs
            self.early = early
            self.records = records
            self.results = results
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

/// Where commands run: what a program inherits from its caller, as the caller has it. Its texts are bytes as ``Bytes/ByteText``.
public struct Context: Codable, Sendable, Equatable {
    /// An absolute path.
    public var directory: String
    /// Permission bits that new files don't get.
    public var umask: Int
    /// `NAME=value` for each variable.
    public var environment: [String]
    /// The numbers of signals that commands ignore.
    public var ignored: [Int]?
    /// -20 to 19.
    public var nice: Int?
    /// As ioprio_get(2) has it.
    public var io: Int?
    /// As /proc/PID/oom_score_adj has it.
    public var oom: Int?
    /// How they are scheduled, as sched_getscheduler(2) has it; of use are SCHED_BATCH and SCHED_IDLE.
    public var policy: Int?
    /// The numbers of the processors that they may run on; absent for all. Those that the daemon may not run on count for
    /// nothing.
    public var cpus: [Int]?
    /// The soft and the hard limit of each resource, in the order of the host's numbers for them; -1 for none. No command has
    /// higher ones than the daemon.
    public var limits: [Int]?

    public init(
        directory: String, umask: Int, environment: [String], ignored: [Int]? = nil, nice: Int? = nil, io: Int? = nil,
        oom: Int? = nil, policy: Int? = nil, cpus: [Int]? = nil, limits: [Int]? = nil
    ) {
        self.directory = directory
        self.umask = umask
        self.environment = environment
        self.ignored = ignored
        self.nice = nice
        self.io = io
        self.oom = oom
        self.policy = policy
        self.cpus = cpus
        self.limits = limits
    }

    /// What commands get whose caller says nothing.
    public static let bare = Context(
        directory: "/", umask: 0o022,
        environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
}

/// When a run begins no further tasks.
public struct Halt: Codable, Sendable, Equatable {
    /// After so many failed ones.
    public var failures: Int
    /// Whether those that run are ended then.
    public var now: Bool

    public init(failures: Int, now: Bool) {
        self.failures = failures
        self.now = now
    }
}
