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

        enum CodingKeys: String, CodingKey {
            case version, state, reason, pid, uptime, uid, socket, workers, limits
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
            workersReplaced: Int, ledgerBytes: Int, limits: [String: Int], reason: String? = nil
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
        }
    }
}
