/// How many workers are kept warm and may be at most, with the limits of the host taken into account.
struct PoolSizes: Sendable, Equatable {
    var floorThreads: Int
    var floorProcesses: Int
    var workerLimit: Int
    /// The name of the limit that `workerLimit` comes from.
    var workerLimitName = "workers"
    /// What was lowered and why, for the log; empty when nothing was.
    var notes: [String] = []

    /// The floor of a pool of threads or processes whose size nobody has set, at least.
    static let defaultFloor = 4

    /// Lowers what was asked for to what `host` allows.
    ///
    /// - Parameters:
    ///   - floorThreads: nil where nothing was set; likewise `floorProcesses`.
    /// - Throws: ``SettingError`` when the floors contradict the limit that was set beside them, or when the host leaves
    ///   no room for a single worker.
    init(floorThreads: Int?, floorProcesses: Int?, workerLimit: Int, on host: HostLimits) throws(SettingError) {
        let usual = max(Self.defaultFloor, host.cores)
        self.floorThreads = floorThreads ?? usual
        self.floorProcesses = floorProcesses ?? usual
        self.workerLimit = workerLimit
        let isSet = floorThreads != nil || floorProcesses != nil
        if isSet, self.floorThreads + self.floorProcesses > workerLimit {
            throw .floorsAboveLimit(
                threads: self.floorThreads, processes: self.floorProcesses, limit: workerLimit)
        }
        if let (count, limit) = host.workers, count < workerLimit {
            guard count >= 1 else { throw .noRoom(limit: limit) }
            self.workerLimit = count
            workerLimitName = "workers, by \(limit)"
            // What nobody asked for leaves half of the workers to cold runs and mixed pools.
            let share = max(1, count / 4)
            if floorThreads == nil { self.floorThreads = min(usual, share) }
            if floorProcesses == nil { self.floorProcesses = min(usual, share) }
            notes.append("worker-limit \(workerLimit) is more than the host allows: it is \(count), by \(limit)")
        }
        lowerFloors()
    }

    /// Shares the workers that there may be among the floors, in the proportion that was asked for.
    private mutating func lowerFloors() {
        let wanted = (threads: floorThreads, processes: floorProcesses)
        let sum = wanted.threads + wanted.processes
        guard sum > workerLimit else { return }
        floorProcesses = wanted.processes * workerLimit / sum
        floorThreads = min(wanted.threads, workerLimit - floorProcesses)
        notes.append(
            "floors of \(wanted.threads) threads and \(wanted.processes) processes are more than the host allows: they "
                + "are \(floorThreads) and \(floorProcesses), as that is the limit on \(workerLimitName)")
    }
}
