/// How busy the pools are, in as few figures as a status line has.
public struct Load: Sendable, Equatable {
    /// Each pool that there is, in their order.
    public let pools: [PoolLoad]
    /// Workers of all pools and cold runs that are at a job.
    public let busyWorkers: Int
    /// Workers of all pools and cold runs.
    public let workers: Int
    /// Jobs that wait for workers.
    public let queuedJobs: Int
    public let isDraining: Bool

    public struct PoolLoad: Sendable, Equatable {
        public let name: String
        /// Units that are up.
        public let ready: Int
        /// Units that are kept warm.
        public let floor: Int

        public init(name: String, ready: Int, floor: Int) {
            self.name = name
            self.ready = ready
            self.floor = floor
        }
    }

    public init(pools: [PoolLoad], busyWorkers: Int, workers: Int, queuedJobs: Int, isDraining: Bool) {
        self.pools = pools
        self.busyWorkers = busyWorkers
        self.workers = workers
        self.queuedJobs = queuedJobs
        self.isDraining = isDraining
    }
}

extension PoolMachine {
    /// How busy the pools are now.
    public var load: Load {
        Load(
            pools: pools.values.sorted { $0.kind < $1.kind }.map {
                .init(name: name(of: $0.kind), ready: $0.ready, floor: $0.floor)
            },
            busyWorkers: busyWorkers, workers: workerCount, queuedJobs: queuedJobs, isDraining: isDraining)
    }
}
