public import Scheduling
public import Varlink

/// All that an operator can set, completed with what the host allows.
public struct Configuration: Sendable {
    /// Where the socket is made; without one the service manager has to hand a socket over.
    public var socketPath: String
    /// Permission bits of the socket.
    public var socketMode: UInt32 = 0o600
    /// Whether every user is served that the socket lets in, rather than the daemon's own only.
    public var isShared = false
    public var zygotePath: String
    public var libraryZygotePath: String
    /// The library that makes a user's Python a zygote; nil where it isn't installed.
    public var pythonLibraryPath: String?
    public var policy: PoolPolicy
    public var limits = JobLimits()
    /// Connections that may be open at a time.
    public var connectionLimit = 0
    /// Size and nesting of a call.
    public var frameLimits = Limits.server
    /// How long jobs may go on once the daemon has been told to stop.
    public var drainNanoseconds: UInt64 = 0
    /// How long a user's library or interpreter may take to load; 0 for as long as each kind does.
    public var runtimeStartNanoseconds: UInt64 = 0
    /// A descriptor on which readiness is told, and whose hanging up ends the daemon.
    public var ownerLink: Int32?
    /// A descriptor on which readiness is told once.
    public var readyLink: Int32?
    /// How long the daemon stays without being used; 0 for ever.
    public var idleExitNanoseconds: UInt64 = 0
    /// A listening socket to serve instead of one of the daemon's own making.
    public var listener: Int32?
    /// Where a socket is made for whoever gathers metrics; nil for none.
    public var metricsSocket: String?
    /// The port of this host alone on which they are served, too; 0 for none.
    public var metricsPort = 0
    /// What was lowered to what the host allows, for the log.
    public private(set) var notes: [String] = []
    /// What it was made from.
    let values: SettingValues

    /// - Throws: ``SettingError`` when settings contradict each other, or the host leaves no room.
    public init(
        _ values: SettingValues, on host: HostLimits, socketPath: String, zygotePath: String,
        libraryZygotePath: String, isShared: Bool = false
    ) throws(SettingError) {
        let sizes = try PoolSizes(
            floorThreads: values[.floorThreads], floorProcesses: values[.floorProcesses],
            workerLimit: values[.workerLimit] ?? 0, on: host)
        self.values = values
        self.socketPath = socketPath
        self.zygotePath = zygotePath
        self.libraryZygotePath = libraryZygotePath
        self.isShared = isShared
        if isShared { socketMode = 0o660 }
        policy = PoolPolicy(threadFloor: sizes.floorThreads, processFloor: sizes.floorProcesses)
        for setting in Setting.all { setting.put(values, into: &self) }
        metricsSocket = values.text(.metricsSocket)
        policy.busyPatienceNanoseconds = Self.busyPatienceNanoseconds
        policy.isShared = isShared
        policy.workerLimit = sizes.workerLimit
        policy.workerLimitName = sizes.workerLimitName
        notes = sizes.notes
        if let most = host.connections, most < connectionLimit {
            notes.append("connection-limit \(connectionLimit) is more than LimitNOFILE allows: it is \(most)")
            connectionLimit = most
        }
        if let most = host.ledgerBytes, most < limits.ledgerBytes {
            notes.append("ledger-size is more than the memory of the host or its cgroup allows: it is \(most) bytes")
            limits.ledgerBytes = most
        }
        limits.cores = host.cores
        limits.cancelGraceNanoseconds = policy.cancelGraceNanoseconds
        limits.memoryBytes = host.usableBytes ?? .max
    }

    /// See ``Scheduling/PoolPolicy/busyPatienceNanoseconds``: several times what growing takes.
    private static let busyPatienceNanoseconds: UInt64 = 10_000_000

    /// How long stopping may take from its beginning, in nanoseconds.
    public var stopNanoseconds: UInt64 { drainNanoseconds + 2 * policy.cancelGraceNanoseconds + Self.stopMargin }
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
        let isWaiting = values.text(.workerLimit) != old.values.text(.workerLimit)
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
