import Catalogue

extension Setting {
    public static let socket = Setting(
        Option("socket", .path, in: 0...4096, "where to make the socket, unless the service manager hands one over"),
        isLive: false, .none)

    static let floorThreads = Setting(
        Option("floor-threads", .count, in: 0...4096, "threads to keep warm (default: 4, or one for each core)"), .none)

    static let floorProcesses = Setting(
        Option("floor-processes", .count, in: 0...4096, "processes to keep warm (default: 4, or one for each core)"),
        .none)

    static let workerLimit = Setting(
        Option(
            "worker-limit", .count, default: "256", in: 1...4096,
            "how many workers there may be at a time, warm and cold together"),
        isLive: false, .number(\.policy.workerLimit))

    static let metricsSocket = Setting(
        Option(
            "metrics-socket", .path, in: 0...4096,
            "where to make a socket that answers HTTP with the daemon's metrics (default: none)"),
        isLive: false, .none)

    /// Every setting there is, in the order in which they are told of.
    public static let all = [
        socket, floorThreads, floorProcesses, workerLimit,
        Setting(
            Option("task-limit", .count, default: "4000000", in: 1...100_000_000, "how many tasks a job may have"),
            .number(\.limits.tasks)),
        Setting(
            Option("queue-limit", .count, default: "64", in: 0...100_000, "how many jobs may wait for workers"),
            .number(\.limits.queuedJobs)),
        Setting(
            Option(
                "connection-limit", .count, default: "512", in: 1...100_000,
                "how many connections may be open at a time"),
            isLive: false, .number(\.connectionLimit)),
        metricsSocket,
        Setting(
            Option(
                "metrics-port", .count, default: "0", in: 0...65_535,
                "the port on 127.0.0.1 that Prometheus reads the daemon's metrics from; 0 for none"),
            isLive: false, .number(\.metricsPort)),
        Setting(
            Option(
                "ledger-size", .size, default: "1GiB", in: 1 << 20...1 << 40,
                "shared memory for the records of all jobs"),
            isLive: false, .number(\.limits.ledgerBytes)),
        Setting(
            Option(
                "idle-time", .duration, default: "60s", in: 0...longest,
                "how long a worker above the floor may wait for work before it is stopped"),
            .time(\.policy.idleNanoseconds)),
        Setting(
            Option(
                "grow-busy-pools", .flag, default: "true", in: 0...1,
                "whether a pool of which no worker comes free for 10 ms grows for the run that waits, up to worker-limit"
            ),
            .permission(\.policy.growsBusyPools)),
        Setting(
            Option(
                "runtime-limit", .count, default: "16", in: 1...1024,
                "how many libraries and Python interpreters of users may be loaded at a time"),
            .number(\.policy.runtimeLimit)),
        Setting(
            Option(
                "runtime-idle-time", .duration, default: "5m", in: 0...longest,
                "how long such a library or interpreter stays loaded while nobody uses it"),
            .time(\.policy.runtimeIdleNanoseconds)),
        Setting(
            Option(
                "runtime-memory", .size, in: 1 << 20...1 << 44,
                "how much memory each of their processes may take (default: no limit of its own)"),
            isLive: false, .number(\.limits.runtimeBytes)),
        Setting(
            Option(
                "runtime-start-time", .duration, in: 1_000_000...longest,
                "how long it may take to load (default: 10s for a library, 60s for an interpreter)"),
            isLive: false, .time(\.runtimeStartNanoseconds)),
        Setting(
            Option(
                "runtime-age", .duration, default: "1h", in: 1_000_000...oldest,
                "how old an interpreter may get until the next run has a new one"),
            isLive: false, .time(\.policy.runtimeAgeNanoseconds)),
        Setting(
            Option(
                "worker-growth", .size, in: 1 << 20...1 << 44,
                "memory by which an interpreter's worker process may grow until another takes its place after a task (default: no bound)"
            ),
            isLive: false, .number(\.limits.growthBytes)),
        Setting(
            Option(
                "drain-time", .duration, default: "30s", in: 0...longest,
                "how long jobs may go on once the daemon has been told to stop"),
            .time(\.drainNanoseconds)),
        Setting(
            Option(
                "idle-exit", .duration, default: "0s", in: 0...oldest,
                "how long the daemon stays without being used; 0s for ever"),
            isLive: false, .time(\.idleExitNanoseconds)),
        Setting(
            Option(
                "cancel-grace", .duration, default: "1s", in: 0...longest,
                "how long a cancelled task may go on until its worker is killed"),
            .time(\.policy.cancelGraceNanoseconds)),
        Setting(
            Option(
                "allow-dir", .flag, default: "true", in: 0...1,
                "whether users may choose where files go (--dir, --output)"),
            shared: "false", .permission(\.limits.allowsDirectories)),
        Setting(
            Option(
                "allow-urls", .flag, default: "true", in: 0...1,
                "whether users may fetch any URL (download, api)"),
            shared: "false", .permission(\.limits.allowsAddresses)),
        Setting(
            Option(
                "allow-exec", .flag, default: "true", in: 0...1, "whether users may run any command (exec)"),
            shared: "false", .permission(\.limits.allowsCommands)),
        Setting(
            Option("io-size-limit", .size, default: "16GiB", in: 0...1 << 34, "the largest --size of io"),
            shared: "1GiB", .bound(workload: "io", option: "size")),
        Setting(
            Option(
                "cpu-iterations-limit", .count, default: "1000000000000", in: 0...1_000_000_000_000,
                "the most --iterations of cpu"),
            shared: "10000000000", .bound(workload: "cpu", option: "iterations")),
        Setting(
            Option("sleep-for-limit", .duration, default: "1h", in: 0...longest, "the longest --for of sleep"),
            shared: "1m", .bound(workload: "sleep", option: "for")),
        Setting(
            Option("dot-size-limit", .count, default: "16384", in: 1...16_384, "the largest --size of dot"),
            shared: "2048", .bound(workload: "dot", option: "size")),
    ]

    /// The setting called `name`; nil where there is none.
    public static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

    /// The longest time that can be set, in nanoseconds: an hour.
    private static let longest = 3_600_000_000_000
    /// The oldest that something may get, in nanoseconds: thirty days.
    private static let oldest = 30 * 24 * longest
}
