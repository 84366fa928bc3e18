import Catalogue

// What happens when no worker of a kind can be started, and when they can be again.
extension PoolMachine {
    mutating func runtimeBroken(_ library: Library, _ reason: String, _ now: UInt64) {
        broken[library] = reason
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) where job.request.kind.library == library {
            switch job.state {
            // Its units may have been asked for and never come.
            case .starting, .regrouping: fail(id, reason, now)
            case .queued, .running, .settling, .collecting, .stopping: break
            }
        }
        upkeep(now)
    }

    mutating func runtimeMended(_ library: Library, _ now: UInt64) {
        broken[library] = nil
        for kind in pools.keys where kind.library == library {
            pools[kind]?.startFailures = 0
            pools[kind]?.retryAt = 0
        }
        upkeep(now)
    }

    /// Gives a job up whose workers don't come up.
    mutating func fail(_ id: JobID, _ reason: String, _ now: UInt64) {
        guard jobs[id]?.cancelled == nil else { return }
        jobs[id]?.failureReason = reason
        cancel(id, .workersFailed, now)
    }
}
