// How the machine changes what it knows, and keeps count of it.
//
// What has gone is left alone: a job that has been forgotten, or a pool that nobody needed any more, has nothing that a
// change could be about, and what is still said of it comes too late, which is no fault.
extension PoolMachine {
    /// - Returns: what `body` does; nil where the job has been forgotten.
    @discardableResult
    mutating func change<Value>(job id: JobID, _ body: (inout JobRow) -> Value) -> Value? {
        guard let place = jobs.index(forKey: id) else { return nil }
        return body(&jobs.values[place])
    }

    /// - Returns: what `body` does; nil where there is no such pool. To read a part of a pool in this way costs no copy of it.
    @discardableResult
    mutating func change<Value>(pool kind: PoolKind, _ body: (inout PoolRow) -> Value) -> Value? {
        guard let place = pools.index(forKey: kind) else { return nil }
        return body(&pools.values[place])
    }

    /// - Returns: what `body` does; nil where the process is gone.
    @discardableResult
    mutating func change<Value>(process id: ProcessID, _ body: (inout ProcessRow) -> Value) -> Value? {
        guard let place = processes.index(forKey: id) else { return nil }
        return body(&processes.values[place])
    }

    /// - Returns: what `body` does; nil where there is no such runtime.
    @discardableResult
    mutating func change<Value>(runtime id: RuntimeID, _ body: (inout RuntimeRow) -> Value) -> Value? {
        guard let place = runtimes.index(forKey: id) else { return nil }
        return body(&runtimes.values[place])
    }

    /// Changes a unit, and the counts with it.
    mutating func change(unit id: UnitID, _ body: (inout UnitRow) -> Void) {
        guard let place = units.index(forKey: id) else { return }
        let old = units.values[place]
        var new = old
        body(&new)
        units.values[place] = new
        recount(old, new)
    }

    mutating func add(_ unit: UnitRow) {
        units[unit.id] = unit
        change(process: unit.process) { _ = $0.units.insert(unit.id) }
        if unit.isCold, let job = unit.job { change(job: job) { $0.coldUnits += 1 } }
        recount(nil, unit)
        nextUnit += 1
    }

    /// Forgets a unit that is gone since `at`.
    mutating func remove(_ id: UnitID, at: UInt64) {
        guard let unit = units.removeValue(forKey: id) else { return }
        recount(unit, nil)
        hasRoomChanged = true
        let isDeserted = change(process: unit.process) { process in
            process.units.remove(id)
            return process.units.isEmpty
        }
        if isDeserted == true { deserted.insert(unit.process) }
        guard unit.isCold, let job = unit.job else { return }
        let isStopping = change(job: job) { job in
            job.coldUnits -= 1
            guard job.state == .stopping else { return false }
            job.stamps.gone = max(at, job.stamps.gone ?? at)
            return true
        }
        if isStopping == true { endIfGone(job, at) }
    }

    /// Counts a unit: as it was, which is nil for a new one, and as it is, nil for one that is gone.
    private mutating func recount(_ old: UnitRow?, _ new: UnitRow?) {
        if let old { count(old, isIn: false) }
        if let new { count(new, isIn: true) }
        let member = (old: old.flatMap { $0.isMember ? $0 : nil }, new: new.flatMap { $0.isMember ? $0 : nil })
        guard let kind = (member.new ?? member.old)?.kind else { return }
        touch(kind)
        var users: (old: UInt32?, new: UInt32?)
        if policy.isShared {
            users = (user(of: member.old), user(of: member.new))
        }
        change(pool: kind) { pool in
            pool.recount(member.old, member.new)
            if let user = users.old { pool.countBusy(user, -1) }
            if let user = users.new { pool.countBusy(user, 1) }
        }
    }

    /// Whose job a unit is at.
    private func user(of unit: UnitRow?) -> UInt32? { unit?.job.flatMap { jobs[$0]?.request.user } }

    private mutating func count(_ unit: UnitRow, isIn: Bool) {
        let sign = isIn ? 1 : -1
        workerCount += sign * unit.workers
        if unit.job != nil { busyWorkers += sign * unit.workers }
        switch unit.state {
        case .starting: if isIn { startingUnits.insert(unit.id) } else { startingUnits.remove(unit.id) }
        case .ready: break
        case .stopping:
            stoppingWorkers += sign * unit.workers
            change(process: unit.process) { $0.stopping += sign }
            if isIn { stoppingUnits.insert(unit.id) } else { stoppingUnits.remove(unit.id) }
        }
    }

    /// Has a pool looked at before the event is over.
    mutating func touch(_ kind: PoolKind) {
        if !touched.contains(kind) { touched.append(kind) }
    }

    /// Takes a job to another stage, and changes what else changes with that.
    mutating func move(_ id: JobID, to stage: JobRow.Stage, _ body: (inout JobRow) -> Void = { _ in }) {
        let left = change(job: id) { job in
            let left = job.state
            job.stage = stage
            body(&job)
            return left
        }
        guard let left else { return }
        let state = stage.state
        if state == .running { runningJobs.insert(id) } else if left == .running { runningJobs.remove(id) }
        queuedJobs += (state == .queued ? 1 : 0) - (left == .queued ? 1 : 0)
    }

    /// Notes that a job's user has its workers, or is about to.
    mutating func charge(_ id: JobID) {
        let request = change(job: id) { job -> LeaseRequest? in
            if job.isCharged { return nil }
            job.isCharged = true
            return job.request
        }
        if let request = request ?? nil { workerShares.add(request.workers, for: request.user) }
    }

    /// - Parameter isPassedOn: whether another job of the user gets the same workers, so that no room has come free.
    mutating func discharge(_ id: JobID, isPassedOn: Bool = false) {
        let request = change(job: id) { job -> LeaseRequest? in
            if !job.isCharged { return nil }
            job.isCharged = false
            return job.request
        }
        guard let request = request ?? nil else { return }
        workerShares.giveBack(request.workers, for: request.user)
        if !isPassedOn { hasRoomChanged = true }
    }
}
