public import Pools
public import Varlink

/// All that an operator can set, completed with what the host allows.
public struct Configuration: Sendable {
    /// Where the socket is made; without one the service manager has to hand a socket over.
    public var socketPath: String
    /// Permission bits of the socket.
    public var socketMode: UInt32 = 0o600
    /// Whether all users are served whom the socket lets in, rather than the daemon's own.
    public var isShared = false
    public var zygotePath: String
    public var libraryZygotePath: String
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
    /// A listening socket to serve instead of one of the daemon's own making.
    public var listener: Int32?
    /// What was lowered to what the host allows, for the log.
    public private(set) var notes: [String] = []
    /// What it was made from.
    let values: SettingValues

    /// - Throws: ``SettingError`` when settings contradict each other, or the host leaves no room.
    public init(
        _ values: SettingValues, on host: HostLimits, socketPath: String, zygotePath: String,
        libraryZygotePath: String, isShared: Bool = false
    ) throws(SettingError) {
        func number(_ name: String, or usual: Int) -> Int { values.number(name) ?? usual }
        let sizes = try PoolSizes(
            floorThreads: values.number("floor-threads"), floorProcesses: values.number("floor-processes"),
            workerLimit: number("worker-limit", or: 256), on: host)
        self.values = values
        self.socketPath = socketPath
        self.zygotePath = zygotePath
        self.libraryZygotePath = libraryZygotePath
        self.isShared = isShared
        if isShared { socketMode = 0o660 }
        policy = PoolPolicy(threadFloor: sizes.floorThreads, processFloor: sizes.floorProcesses)
        policy.isShared = isShared
        policy.workerLimit = sizes.workerLimit
        policy.workerLimitName = sizes.workerLimitName
        policy.idleNanoseconds = UInt64(number("idle-time", or: 60_000_000_000))
        policy.cancelGraceNanoseconds = UInt64(number("cancel-grace", or: 1_000_000_000))
        drainNanoseconds = UInt64(number("drain-time", or: 30_000_000_000))
        connectionLimit = number("connection-limit", or: connectionLimit)
        notes = sizes.notes
        if let most = host.connections, most < connectionLimit {
            notes.append("connection-limit \(connectionLimit) is more than LimitNOFILE allows: it is \(most)")
            connectionLimit = most
        }
        limits.tasks = number("task-limit", or: limits.tasks)
        limits.queuedJobs = number("queue-limit", or: limits.queuedJobs)
        limits.ledgerBytes = number("ledger-size", or: limits.ledgerBytes)
        if let most = host.ledgerBytes, most < limits.ledgerBytes {
            notes.append("ledger-size is more than the memory of the host or its cgroup allows: it is \(most) bytes")
            limits.ledgerBytes = most
        }
        limits.cores = host.cores
        limits.cancelGraceNanoseconds = policy.cancelGraceNanoseconds
        limits.memoryBytes = host.usableBytes ?? .max
        limits.allowsAddresses = values.number("allow-urls") != 0
        limits.allowsDirectories = values.number("allow-dir") != 0
        limits.allowsCommands = values.number("allow-exec") != 0
        for (setting, bound) in JobLimits.boundSettings {
            limits.bounds[bound] = values.number(setting)
        }
    }

    /// How long stopping may take from its beginning, in nanoseconds.
    var stopNanoseconds: UInt64 { drainNanoseconds + 2 * policy.cancelGraceNanoseconds + Self.stopMargin }
    /// For the last workers to leave once they have been killed.
    private static let stopMargin: UInt64 = 5_000_000_000

    /// This configuration as a running daemon can take it over: what needs a new start stays as it is in `old`.
    ///
    /// - Throws: ``SettingError`` when the floors don't fit what stays.
    func following(_ old: Configuration) throws(SettingError) -> Configuration {
        var new = self
        new.socketPath = old.socketPath
        new.connectionLimit = old.connectionLimit
        new.limits.ledgerBytes = old.limits.ledgerBytes
        let isWaiting = values.text("worker-limit") != old.values.text("worker-limit")
        if isWaiting || new.policy.workerLimit > old.policy.workerLimit {
            new.policy.workerLimit = old.policy.workerLimit
            new.policy.workerLimitName = old.policy.workerLimitName
        }
        guard new.policy.threadFloor + new.policy.processFloor <= new.policy.workerLimit else {
            throw .floorsAboveLimit(
                threads: new.policy.threadFloor, processes: new.policy.processFloor, limit: new.policy.workerLimit)
        }
        return new
    }
}
