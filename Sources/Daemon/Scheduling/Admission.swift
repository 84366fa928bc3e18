import Sharing

/// Why a job was not accepted.
public enum Refusal: Error, Sendable, Equatable {
    /// The limit of this name is used up; it may not be in a moment. `user` is the user ID whose share it is, nil where it
    /// is what all users have together. `retryAfter` is in how many nanoseconds asking again is worth it, nil where that
    /// can't be told.
    case busy(limit: String, allowed: Int, user: UInt32? = nil, retryAfter: UInt64? = nil)
    /// More than the limit of this name allows.
    case tooMuch(limit: String, value: Int, allowed: Int)
    case draining
    /// There is not enough shared memory left for the job's records.
    case noMemory(bytes: Int)
}

extension PoolMachine {
    /// Jobs that wait for workers, in the words of a refusal.
    private static var queueLimitName: String { "queued jobs" }
    /// Workers for a job that waits for none, likewise; clients know it by this name, `ControlError.innerLimit`.
    private static var innerLimitName: String { "workers for a run within a run" }
    /// Workers of all leases together, likewise.
    private static var heldLimitName: String { "leased workers" }
    /// Runtimes of users' libraries, likewise.
    package static var runtimeLimitName: String { "runtimes" }
    /// After how long it is worth asking for workers again that are just coming or going.
    private static var soonNanoseconds: UInt64 { 1_000_000_000 }

    /// Says why a job can't be accepted now; nil if it can.
    ///
    /// - Parameters:
    ///   - queueLimit: how many jobs may wait for workers.
    ///   - idleHeld: workers that clients hold and would give up, as they are idle.
    ///   - now: the time, in monotonic nanoseconds.
    public mutating func refusal(of request: LeaseRequest, queueLimit: Int, idleHeld: Int = 0, at now: UInt64)
        -> Refusal?
    {
        if isDraining { return .draining }
        if runtimes[request.kind.runtime] == nil {
            return .busy(limit: Self.runtimeLimitName, allowed: policy.runtimeLimit, retryAfter: Self.soonNanoseconds)
        }
        let most = policy.maximumWorkers(of: request.user)
        if request.workers > most {
            return .tooMuch(limit: policy.workerLimitName, value: request.workers, allowed: most)
        }
        if request.isHeld, let refusal = refusal(ofHeld: request, now) { return refusal }
        let present = request.cold == nil ? change(pool: request.kind) { $0.members.count - $0.held } ?? 0 : 0
        let missing = max(0, request.units - present) * request.kind.workersPerUnit
        let isOwnShareUsedUp = !isWithinShare(request)
        if missing > 0 {
            if isOwnShareUsedUp {
                return .busy(
                    limit: policy.workerLimitName, allowed: workerShares.allowance(of: request.user),
                    user: request.user,
                    retryAfter: retryAfter(now))
            }
            let others = reclaimable(besides: request.cold == nil ? request.kind : nil)
            if room + stoppingWorkers + others + (request.isHeld ? 0 : idleHeld) < missing {
                return .busy(limit: policy.workerLimitName, allowed: policy.workerLimit, retryAfter: retryAfter(now))
            }
        }
        if request.cold != nil { return nil }
        if request.isInner { return innerRefusal(of: request, now) }
        return mustWait(request) ? queueRefusal(of: request.user, queueLimit, now) : nil
    }

    /// Whether a job would have to wait for others.
    package mutating func mustWait(_ request: LeaseRequest) -> Bool {
        guard request.cold == nil else { return false }
        let (isWaitedFor, size) = change(pool: request.kind) { (!$0.queue.isEmpty, $0.size) } ?? (false, 0)
        guard isWithinShare(request), !isWaitedFor, let missing = unitsToStart(request) else { return true }
        if missing == 0 { return false }
        let isLarger = request.units > size
        let others = isLarger ? stoppingWorkers + reclaimable(besides: request.kind) : 0
        return missing * request.kind.workersPerUnit > room + others
    }

    /// Somebody who has a worker may be waiting for this job: it begins at once, or as soon as idle workers are gone.
    private mutating func innerRefusal(of request: LeaseRequest, _ now: UInt64) -> Refusal? {
        if isWithinShare(request), let missing = unitsToStart(request) {
            let workers = missing * request.kind.workersPerUnit
            if workers == 0 || workers <= room { return nil }
            let isFirst = claims.isEmpty && pools[request.kind]?.queue.isEmpty != false
            if isFirst, workers <= room + stoppingWorkers + reclaimable(besides: request.kind) { return nil }
        }
        return .busy(limit: Self.innerLimitName, allowed: policy.workerLimit, retryAfter: retryAfter(now))
    }

    /// Workers that clients hold are nobody else's for as long as they want: so some are always left for runs.
    private func refusal(ofHeld request: LeaseRequest, _ now: UInt64) -> Refusal? {
        let most = policy.heldWorkers
        if request.workers > most {
            return .tooMuch(limit: Self.heldLimitName, value: request.workers, allowed: most)
        }
        let held = jobs.values.reduce(0) { $0 + ($1.request.isHeld && $1.isHolding ? $1.request.workers : 0) }
        if held + request.workers <= most { return nil }
        return .busy(limit: Self.heldLimitName, allowed: most)
    }

    private func queueRefusal(of user: UInt32, _ limit: Int, _ now: UInt64) -> Refusal? {
        // Root has a queue's length of its own, so that others can't keep it out.
        let isRoot = policy.isShared && user == UserShares.root
        if (isRoot ? queueShares.used(by: user) : queueShares.used) >= limit {
            return .busy(limit: Self.queueLimitName, allowed: limit, retryAfter: retryAfter(now))
        }
        if isRoot { return nil }
        var shares = queueShares
        shares.limit = limit
        let allowed = shares.allowance(of: user)
        if shares.used(by: user) < allowed { return nil }
        return .busy(limit: Self.queueLimitName, allowed: allowed, user: user, retryAfter: retryAfter(now))
    }

    /// In how long a job ends at the latest, or workers are there that are coming or going; nil where nobody knows.
    private func retryAfter(_ now: UInt64) -> UInt64? {
        if stoppingWorkers > 0 || !startingUnits.isEmpty { return Self.soonNanoseconds }
        return deadlines.next.map { max($0, now) - now }
    }

    /// Notes that a warm job is handed out at `time`: until then it was waiting for its lease.
    package mutating func stampPublished(_ id: JobID, at time: UInt64) {
        change(job: id) { job in
            guard case .running(let work) = job.stage, job.reason == nil, !work.isDisturbed,
                work.units.count == job.crew.count
            else { return }
            job.stamps.leased = time
            job.stamps.ready = time
        }
    }
}
