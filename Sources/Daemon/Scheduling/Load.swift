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

/// What a user has of what all users share.
public struct UserLoad: Sendable, Equatable {
    public let user: UInt32
    /// Workers that are at the user's jobs, or on their way to one.
    public let workers: Int
    /// The most that there may be now.
    public let allowedWorkers: Int
    /// Jobs that wait for workers.
    public let queuedJobs: Int

    public init(user: UInt32, workers: Int, allowedWorkers: Int, queuedJobs: Int) {
        self.user = user
        self.workers = workers
        self.allowedWorkers = allowedWorkers
        self.queuedJobs = queuedJobs
    }
}

extension PoolMachine {
    /// What each user has who has a job, in the order of their numbers.
    public var userLoads: [UserLoad] {
        Dictionary(grouping: jobs.values, by: \.request.user).map { user, jobs in
            UserLoad(
                user: user, workers: jobs.reduce(0) { $0 + ($1.isHolding ? $1.request.workers : 0) },
                allowedWorkers: workerShares.allowance(of: user), queuedJobs: jobs.count { $0.state == .queued })
        }.sorted { $0.user < $1.user }
    }

    /// How busy the pools are now.
    public var load: Load {
        Load(
            pools: pools.values.sorted { $0.kind < $1.kind }.map {
                .init(name: name(of: $0.kind), ready: $0.ready, floor: $0.floor)
            },
            busyWorkers: busyWorkers, workers: workerCount, queuedJobs: queuedJobs, isDraining: isDraining)
    }
}
