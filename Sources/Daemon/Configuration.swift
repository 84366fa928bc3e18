public import Pools
public import Varlink

/// All that an operator can set.
public struct Configuration: Sendable {
    /// Where the socket is made.
    public var socketPath: String
    /// Permission bits of the socket.
    public var socketMode: UInt32 = 0o600
    public var zygotePath: String
    public var policy: PoolPolicy
    public var limits = JobLimits()
    /// Connections that may be open at a time.
    public var connectionLimit = 512
    /// Size and nesting of a call.
    public var frameLimits = Limits.server
    /// How long jobs may go on once the daemon has been told to stop.
    public var drainNanoseconds: UInt64 = 30_000_000_000
    /// A descriptor on which readiness is told, and whose hanging up ends the daemon.
    public var leash: Int32?

    public init(socketPath: String, zygotePath: String, policy: PoolPolicy) {
        self.socketPath = socketPath
        self.zygotePath = zygotePath
        self.policy = policy
    }
}

/// What one job may take, and all together.
public struct JobLimits: Sendable, Equatable {
    /// Tasks in a job.
    public var tasks = 4_000_000
    /// Jobs that wait for workers.
    public var queuedJobs = 64
    /// Shared memory for the records of all jobs, in bytes.
    public var ledgerBytes = 1 << 30
    /// Records in one reply.
    public let recordsPerReply = 1000
    /// How often progress is told, in nanoseconds.
    public let progressNanoseconds: UInt64 = 200_000_000

    public init() {}
}
