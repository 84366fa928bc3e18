/// Why a job was not accepted.
public enum Refusal: Error, Sendable, Equatable {
    /// The limit of this name is used up; it may not be in a moment. `user` is the user ID whose share it is, nil where it
    /// is what all users have together.
    case busy(limit: String, allowed: Int, user: UInt32? = nil)
    /// More than the limit of this name allows.
    case tooMuch(limit: String, value: Int, allowed: Int)
    case draining
    /// There is not enough shared memory left for the job's records.
    case noMemory(bytes: Int)
}

extension PoolMachine {
    /// Says why a job can't be accepted now; nil if it can.
    public func refusal(of request: LeaseRequest, queueLimit: Int) -> Refusal? {
        if isDraining { return .draining }
        if request.workers > policy.workerLimit {
            return .tooMuch(limit: policy.workerLimitName, value: request.workers, allowed: policy.workerLimit)
        }
        let present = request.cold == nil ? members(of: request.kind).reduce(0) { $0 + $1.workers } : 0
        let missing = max(0, request.workers - present)
        if missing > 0, workerCount + missing > policy.workerLimit {
            return .busy(limit: policy.workerLimitName, allowed: policy.workerLimit)
        }
        let free = members(of: request.kind).count(where: \.isFree)
        let busy = members(of: request.kind).count - free
        let mustWait = pools[request.kind]?.queue.isEmpty == false || (busy > 0 && free < request.units)
        if request.cold == nil, mustWait, pools.values.reduce(0, { $0 + $1.queue.count }) >= queueLimit {
            return .busy(limit: "queued jobs", allowed: queueLimit)
        }
        return nil
    }

    /// Notes that a warm job is handed out at `time`: until then it was waiting for its lease.
    mutating func stampPublished(_ id: JobID, at time: UInt64) {
        guard let job = jobs[id], job.reason == nil, job.atWork.count == job.crew.count, !job.isDisturbed else {
            return
        }
        jobs[id]?.stamps.leased = time
        jobs[id]?.stamps.ready = time
    }
}
