/// What this host allows the daemon and its workers: the limits of its cgroups and of its processes.
public struct HostLimits: Sendable, Equatable {
    /// Processors that the daemon may run on.
    public var processors: Int
    /// Processor time that its cgroups allow, in processors; nil for no limit.
    public var processorQuota: Double?
    /// Processes and threads that its cgroups allow (pids.max, which TasksMax= sets); nil for no limit.
    public var tasks: Int?
    /// Bytes that its cgroups allow (memory.max, which MemoryMax= sets); nil for no limit.
    public var memoryBytes: Int?
    /// Bytes of memory that the host has; nil where that can't be told.
    public var physicalBytes: Int?
    /// Processes and threads that its user may have (RLIMIT_NPROC); nil for no limit, and for root, who has none.
    public var userTasks: Int?
    /// Descriptors that a process may open (RLIMIT_NOFILE, less those it was started with); nil for no limit.
    public var openFiles: Int?

    public init(
        processors: Int, processorQuota: Double? = nil, tasks: Int? = nil, memoryBytes: Int? = nil,
        physicalBytes: Int? = nil, userTasks: Int? = nil, openFiles: Int? = nil
    ) {
        self.processors = processors
        self.processorQuota = processorQuota
        self.tasks = tasks
        self.memoryBytes = memoryBytes
        self.physicalBytes = physicalBytes
        self.userTasks = userTasks
        self.openFiles = openFiles
    }

    /// How many tasks can really run at a time: processors, or the quota in whole ones where that is less.
    public var cores: Int {
        let quota = processorQuota.map { Int(min($0.rounded(.up), 1_000_000)) } ?? processors
        return max(1, min(processors, quota))
    }

    /// Bytes that jobs can't have more of, whatever else is running; nil where no limit says so.
    var usableBytes: Int? { [memoryBytes, physicalBytes].compactMap(\.self).min() }

    /// The most that the records and inputs of all jobs may take, in bytes: half of what there is beside the daemon itself, so
    /// that workers have the other. Nil where no limit says so.
    var ledgerBytes: Int? { usableBytes.map { max(Self.leastLedgerBytes, ($0 - Reserve.memoryBytes) / 2) } }
    /// Room for a few small jobs, however little there is.
    private static let leastLedgerBytes = 4 << 20

    /// What is taken off each limit before workers get their share.
    enum Reserve {
        /// The daemon's own threads, its guardian and the zygote, beside ``threadsPerProcessor`` for its event loops and executors.
        static let tasks = 18
        static let threadsPerProcessor = 3
        /// The daemon and the zygote at rest.
        static let memoryBytes = 32 << 20
        /// Sockets, memory files and event queues.
        static let openFiles = 64
    }

    /// What a worker takes of the memory at rest: a process's own pages, with room for a task's.
    static let workerBytes = 1 << 20

    /// The most workers that there can be, and the limit that says so; nil where none does.
    var workers: (count: Int, limit: String)? {
        var most: [(count: Int, limit: String)] = []
        let own = Reserve.tasks + Reserve.threadsPerProcessor * processors
        // A process of two threads has three, as one starts and stops the others: so two of three tasks are workers.
        if let tasks { most.append(((tasks - own) * 2 / 3, "TasksMax (pids.max of the cgroup)")) }
        if let userTasks { most.append(((userTasks - own) * 2 / 3, "LimitNPROC (RLIMIT_NPROC)")) }
        if let memoryBytes {
            let count = (memoryBytes - Reserve.memoryBytes) / Self.workerBytes
            most.append((count, "MemoryMax (memory.max of the cgroup)"))
        }
        // Half of the descriptors is for connections, the other for the handles of workers.
        if let openFiles { most.append((openFiles / 2 - Reserve.openFiles, "LimitNOFILE (RLIMIT_NOFILE)")) }
        return most.min { $0.count < $1.count }
    }

    /// The most connections that there can be; nil where no limit says so.
    var connections: Int? { openFiles.map { $0 / 2 } }
}
