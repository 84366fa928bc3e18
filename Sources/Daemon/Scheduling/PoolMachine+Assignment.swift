// Short jobs, one after the other: a worker is given the next ones while it is at one, so that it waits for nobody between them.
//
// Only jobs of one user that take a moment each are given so: nobody waits behind them for long. One that turns out to take
// longer has those behind it withdrawn.
extension PoolMachine {
    /// So many short jobs in a row tell that the next ones will be short, too.
    static var shortJobsLimit: Int { 8 }
    /// A job is short up to so many nanoseconds.
    static var shortNanoseconds: UInt64 { 50_000 }
    /// Jobs that a unit is given beside its own; a worker's slot has room for as many.
    static var assignmentLimit: Int { 3 }

    /// Notes how long the only worker of a job was at it, in nanoseconds, as that says itself.
    ///
    /// - Parameter begun: when it went on with the job by itself; nil where the job was handed to it.
    package mutating func noteWork(on id: JobID, _ nanoseconds: UInt64, begun: UInt64?) {
        change(job: id) { job in
            job.workNanoseconds = nanoseconds
            guard let begun else { return }
            // Until then it was waiting.
            job.stamps.leased = max(begun, job.stamps.accepted)
            job.stamps.ready = job.stamps.leased
        }
    }

    /// Notes whether a job that has ended was a short one.
    mutating func noteLength(of job: JobRow) {
        let isShort = job.workNanoseconds.map { $0 <= Self.shortNanoseconds } == true
        change(pool: job.request.kind) { $0.shortJobs = isShort ? $0.shortJobs + 1 : 0 }
    }

    /// Gives waiting jobs to a unit that is at a job, as far as others are as busy.
    mutating func assign(to id: UnitID, of kind: PoolKind) {
        let sight = change(pool: kind) { pool in
            pool.shortJobs < Self.shortJobsLimit || pool.queue.userCount != 1
                ? (share: 0, pool.generation) : (share: pool.queue.count / max(1, pool.size), pool.generation)
        }
        guard let (share, generation) = sight, share > 0, let place = units.index(forKey: id),
            units.values[place].generation == generation, let own = units.values[place].job
        else { return }
        let user = change(job: own) { $0.request.user } ?? 0
        if isAboveShare(user) { return }
        var room = min(share, Self.assignmentLimit) - units.values[place].next.count
        var given = 0
        var isAnyPatient = false
        while let (next, request) = first(of: kind), room > 0, request.isSingle, !request.isInner,
            request.user == user || !policy.isShared
        {
            unclaim(next)
            change(pool: kind) { _ = $0.queue.remove(next, of: request.user, isServed: true) }
            change(job: next) { $0.assignedTo = id }
            units.values[place].next.append(next)
            actions.append(.assign(next, id))
            room -= 1
            given += 1
            isAnyPatient = isAnyPatient || request.waits
        }
        // The one that stands first now may want what those before it didn't: more workers than there are, or that its pool grows.
        guard given > 0, let (_, request) = first(of: kind) else { return }
        if !request.isSingle || request.isInner || (policy.growsBusyPools && isAnyPatient) { touch(kind) }
    }

    /// The waiting job of a pool whose turn it is.
    private mutating func first(of kind: PoolKind) -> (id: JobID, request: LeaseRequest)? {
        guard let id = change(pool: kind, { $0.queue.first }) ?? nil, let request = change(job: id, { $0.request })
        else { return nil }
        return (id, request)
    }

    /// Whether a unit has been given jobs beside its own.
    func hasNext(_ id: UnitID) -> Bool { units.index(forKey: id).map { !units.values[$0].next.isEmpty } == true }

    /// A unit goes on with the next job that it has been given, as it has left its own.
    mutating func goOn(_ id: UnitID, _ now: UInt64) {
        guard let place = units.index(forKey: id), let next = units.values[place].next.first else { return }
        // It counts as before: at a job, and of the same user. So nothing is new for its pool.
        units.values[place].next.removeFirst()
        units.values[place].job = next
        units.values[place].seat = 0
        begin(next, with: id, now)
    }

    /// A job that a unit has been given is the unit's own from now on.
    private mutating func begin(_ id: JobID, with unit: UnitID, _ now: UInt64) {
        guard let (user, isCancelled) = change(job: id, { ($0.request.user, $0.cancelled != nil) }) else { return }
        queueShares.giveBack(1, for: user)
        charge(id)
        move(id, to: .running(JobRow.Work(units: [unit], isDisturbed: isCancelled))) { job in
            job.assignedTo = nil
            job.crew = [unit]
            job.ready = 1
            job.stamps.leased = now
            job.stamps.ready = now
        }
        actions.append(.goneOn(id, unit))
        guard isCancelled else { return }
        alarms.set(.kill(id), to: now + policy.cancelGraceNanoseconds)
        actions.append(.cancelTasks(id))
    }

    /// A waiting job is its pool's again, which has to do with longer ones.
    mutating func withdrawn(_ id: JobID) {
        guard let job = jobs[id], let unit = job.assignedTo else { return }
        change(unit: unit) { $0.next.removeAll { $0 == id } }
        change(job: id) { $0.assignedTo = nil }
        touch(job.request.kind)
        if job.cancelled != nil {
            queueShares.giveBack(1, for: job.request.user)
            return settle(id)
        }
        change(pool: job.request.kind) { pool in
            pool.queue.putBack(id, of: job.request.user)
            pool.shortJobs = 0
        }
    }

    /// A unit is gone, which had left its own job where it has begun others: those that it was at before the last one.
    mutating func seeOut(_ id: UnitID, _ now: UInt64) {
        guard let kind = units[id]?.kind, units[id]?.next.isEmpty == false else { return }
        // It is given no others meanwhile.
        change(pool: kind) { $0.shortJobs = 0 }
        while let unit = units[id], !unit.next.isEmpty, let own = unit.job, jobs[own]?.state == .running {
            crewLeft(own, now)
            if units[id]?.job == own { return }
        }
    }

    /// What a unit has begun is its own, though the job before is being settled, where the unit is gone.
    mutating func beginAssigned(to unit: UnitRow, _ now: UInt64) -> [JobID] {
        if unit.next.isEmpty { return [] }
        for id in unit.next { begin(id, with: unit.id, now) }
        change(unit: unit.id) { $0.next = [] }
        return unit.next
    }
}
