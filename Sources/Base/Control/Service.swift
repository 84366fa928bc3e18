/// The interface itself.
public enum Interface {
    public static let name = "org.pard.Control"
    /// The interface description, as it stands in the repository and as the server hands it out.
    public static let description = String(decoding: PackageResources.org_pard_Control_varlink, as: UTF8.self)
}

/// A call or a reply without members.
public struct Empty: Codable, Sendable, Equatable {
    public init() {}
}

public enum Ping {
    public static let method = "org.pard.Control.Ping"
}

public enum GetStatus {
    public static let method = "org.pard.Control.GetStatus"

    public struct Reply: Codable, Sendable, Equatable {
        public var version: String
        /// `starting`, `ready`, `broken` or `draining`.
        public var state: String
        /// Why workers can't be started, where the state is `broken`; nil else.
        public var reason: String?
        public var pid: Int
        public var zygotePid: Int
        /// Nanoseconds since the daemon started.
        public var uptime: Int
        public var uid: Int
        public var socket: String
        public var jobsRunning: Int
        public var jobsQueued: Int
        public var jobsFinished: Int
        public var jobsRefused: Int
        public var workers: Int
        public var workersBusy: Int
        public var workersReplaced: Int
        /// Shared memory that jobs hold now.
        public var ledgerBytes: Int
        /// Every limit by name, with its value.
        public var limits: [String: Int]
        /// What workers can be made of, and how each of that is.
        public var runtimes: [RuntimeStatus]
        /// How it came to be, for people; nil where it doesn't say.
        public var origin: String?
        /// Nanoseconds without use after which it ends by itself; nil where it doesn't.
        public var idleExit: Int?
        /// Scripts that run.
        public var scripts: Int?

        enum CodingKeys: String, CodingKey {
            case version, state, reason, pid, uptime, uid, socket, workers, limits, runtimes, origin, scripts
            case idleExit = "idle_exit"
            case zygotePid = "zygote_pid"
            case jobsRunning = "jobs_running"
            case jobsQueued = "jobs_queued"
            case jobsFinished = "jobs_finished"
            case jobsRefused = "jobs_refused"
            case workersBusy = "workers_busy"
            case workersReplaced = "workers_replaced"
            case ledgerBytes = "ledger_bytes"
        }

        public init(
            version: String, state: String, pid: Int, zygotePid: Int, uptime: Int, uid: Int, socket: String,
            jobsRunning: Int, jobsQueued: Int, jobsFinished: Int, jobsRefused: Int, workers: Int, workersBusy: Int,
            workersReplaced: Int, ledgerBytes: Int, limits: [String: Int], runtimes: [RuntimeStatus] = [],
            reason: String? = nil, origin: String? = nil, idleExit: Int? = nil, scripts: Int? = nil
        ) {
            self.version = version
            self.state = state
            self.reason = reason
            self.pid = pid
            self.zygotePid = zygotePid
            self.uptime = uptime
            self.uid = uid
            self.socket = socket
            self.jobsRunning = jobsRunning
            self.jobsQueued = jobsQueued
            self.jobsFinished = jobsFinished
            self.jobsRefused = jobsRefused
            self.workers = workers
            self.workersBusy = workersBusy
            self.workersReplaced = workersReplaced
            self.ledgerBytes = ledgerBytes
            self.limits = limits
            self.runtimes = runtimes
            self.origin = origin
            self.idleExit = idleExit
            self.scripts = scripts
        }
    }
}

/// What workers are made of before their first task, and how it is.
public struct RuntimeStatus: Codable, Sendable, Equatable {
    /// `native`, `curl`, `blas`, or `plugin:` and a library's path.
    public var name: String
    /// `ready`, `starting`, `broken` or `gone`.
    public var state: String
    /// Why its workers can't be started, where the state is `broken`; nil else.
    public var reason: String?
    /// Whether its workers run a user's own code.
    public var foreign: Bool
    /// 0 where it has no zygote.
    public var zygotePid: Int
    /// Its workers, those of cold runs among them.
    public var workers: Int

    enum CodingKeys: String, CodingKey {
        case name, state, reason, foreign, workers
        case zygotePid = "zygote_pid"
    }

    public init(name: String, state: String, reason: String? = nil, foreign: Bool, zygotePid: Int, workers: Int) {
        self.name = name
        self.state = state
        self.reason = reason
        self.foreign = foreign
        self.zygotePid = zygotePid
        self.workers = workers
    }
}

/// The version of the daemon and of its client, which are released together.
public enum Version {
    public static let current = "0.1.0"
}
