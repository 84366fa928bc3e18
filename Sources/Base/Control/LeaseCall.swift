/// `org.pard.Control.Lease`: the call and its replies.
public enum LeaseCall {
    public static let method = "org.pard.Control.Lease"

    public struct Request: Codable, Sendable, Equatable {
        /// A name of the catalogue, of a workload whose tasks are given nothing or bytes.
        public var workload: String
        public var arguments: [String: String]?
        public var mode: Mode?
        public var processes: Int?
        public var threads: Int?
        /// Nanoseconds for the whole lease; nil for no limit.
        public var timeout: Int?
        /// How many tasks can be on their way at a time: a power of two; ``LeaseCall/tasks`` when nil.
        public var tasks: Int?
        /// Room for inputs and results that are not small; ``LeaseCall/bytes`` each when nil, or what the daemon has.
        public var inputBytes: Int?
        public var resultBytes: Int?
        /// How many workers may die of a task until it is lost; 1 when nil.
        public var attempts: Int?
        /// Where workers of an interpreter are at home, and with which variables they are made.
        public var context: Context?

        enum CodingKeys: String, CodingKey {
            case workload, arguments, mode, processes, threads, timeout, tasks, attempts, context
            case inputBytes = "input_bytes"
            case resultBytes = "result_bytes"
        }

        public init(
            workload: String, arguments: [String: String]? = nil, mode: Mode? = nil, processes: Int? = nil,
            threads: Int? = nil, timeout: Int? = nil, tasks: Int? = nil, inputBytes: Int? = nil,
            resultBytes: Int? = nil, attempts: Int? = nil, context: Context? = nil
        ) {
            self.workload = workload
            self.arguments = arguments
            self.mode = mode
            self.processes = processes
            self.threads = threads
            self.timeout = timeout
            self.tasks = tasks
            self.inputBytes = inputBytes
            self.resultBytes = resultBytes
            self.attempts = attempts
            self.context = context
        }
    }

    /// Where nothing else is asked for.
    public static let tasks = 4096
    public static let bytes = 32 << 20
    public static let attempts = 1

    /// Each reply has one member only.
    public struct Reply: Codable, Sendable, Equatable {
        public var lease: Granted?
        public var loss: Loss?
        public var receipt: Receipt?

        public init(lease: Granted? = nil, loss: Loss? = nil, receipt: Receipt? = nil) {
            self.lease = lease
            self.loss = loss
            self.receipt = receipt
        }
    }

    /// The lease has been granted; its workers are on their way or there.
    public struct Granted: Codable, Sendable, Equatable {
        public var job: String
        public var workers: Int
        /// The places of the memory file and of the bell among the reply's descriptors.
        public var memory: Int
        public var bell: Int

        public init(job: String, workers: Int, memory: Int, bell: Int) {
            self.job = job
            self.workers = workers
            self.memory = memory
            self.bell = bell
        }
    }

    /// A process of the lease's workers has died, and is replaced.
    public struct Loss: Codable, Sendable, Equatable {
        /// The number of its first worker.
        public var worker: Int
        public var pid: Int
        /// How it ended, such as `signal 9`.
        public var exit: String
        /// Whether the system had no memory left and killed it.
        public var oom: Bool
        /// Tasks that were lost with it, and that had begun and were handed out again.
        public var lost: Int
        public var rerun: Int

        public init(worker: Int, pid: Int, exit: String, oom: Bool, lost: Int, rerun: Int) {
            self.worker = worker
            self.pid = pid
            self.exit = exit
            self.oom = oom
            self.lost = lost
            self.rerun = rerun
        }
    }
}
