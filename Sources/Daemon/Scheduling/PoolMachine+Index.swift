// How the machine keeps count of what it knows: every change of a unit and of a job's state goes through here.
extension PoolMachine {
    mutating func add(_ unit: UnitRow) {
        units[unit.id] = unit
        processes[unit.process]?.units.insert(unit.id)
        if !unit.isCold { pools[unit.kind]?.members.insert(unit.id) }
        if unit.isCold, let job = unit.job { jobs[job]?.coldUnits += 1 }
        count(unit, isIn: true)
        nextUnit += 1
    }

    mutating func change(_ id: UnitID, _ body: (inout UnitRow) -> Void) {
        guard var unit = units[id] else { return }
        count(unit, isIn: false)
        body(&unit)
        units[id] = unit
        count(unit, isIn: true)
        if unit.state == .stopping { pools[unit.kind]?.members.remove(id) }
    }

    /// Forgets a unit that is gone since `at`.
    mutating func remove(_ id: UnitID, at: UInt64) {
        guard let unit = units.removeValue(forKey: id) else { return }
        count(unit, isIn: false)
        if !unit.isCold { pools[unit.kind]?.members.remove(id) }
        hasRoomChanged = true
        processes[unit.process]?.units.remove(id)
        if processes[unit.process]?.units.isEmpty == true { deserted.insert(unit.process) }
        guard unit.isCold, let job = unit.job, jobs[job] != nil else { return }
        jobs[job]?.coldUnits -= 1
        if jobs[job]?.state == .stopping {
            let last = jobs[job]?.stamps.gone ?? at
            jobs[job]?.stamps.gone = max(at, last)
            endIfGone(job, at)
        }
    }

    private mutating func count(_ unit: UnitRow, isIn: Bool) {
        let sign = isIn ? 1 : -1
        workerCount += sign * unit.workers
        if unit.job != nil { busyWorkers += sign * unit.workers }
        switch unit.state {
        case .starting: if isIn { startingUnits.insert(unit.id) } else { startingUnits.remove(unit.id) }
        case .ready: break
        case .stopping:
            stoppingWorkers += sign * unit.workers
            processes[unit.process]?.stopping += sign
            if isIn { stoppingUnits.insert(unit.id) } else { stoppingUnits.remove(unit.id) }
        }
        if unit.isCold || unit.state == .stopping { return }
        pools[unit.kind]?.count(unit, isIn: isIn)
        touch(unit.kind)
        guard policy.isShared, let user = unit.job.flatMap({ jobs[$0]?.request.user }) else { return }
        let busy = (pools[unit.kind]?.busy[user] ?? 0) + sign
        pools[unit.kind]?.busy[user] = busy == 0 ? nil : busy
    }

    /// Has a pool looked at before the event is over.
    mutating func touch(_ kind: PoolKind) {
        if !touched.contains(kind) { touched.append(kind) }
    }

    mutating func set(_ state: JobRow.State, of id: JobID) {
        guard let old = jobs[id]?.state else { return }
        jobs[id]?.state = state
        if state == .running { runningJobs.insert(id) } else { runningJobs.remove(id) }
        queuedJobs += (state == .queued ? 1 : 0) - (old == .queued ? 1 : 0)
    }

    /// Notes that a job's user has its workers, or is about to.
    mutating func charge(_ id: JobID) {
        guard let request = jobs[id]?.request, jobs[id]?.charged == 0 else { return }
        jobs[id]?.charged = request.workers
        workerShares.add(request.workers, for: request.user)
    }

    mutating func discharge(_ id: JobID) {
        guard let charged = jobs[id]?.charged, charged > 0, let user = jobs[id]?.request.user else { return }
        jobs[id]?.charged = 0
        workerShares.giveBack(charged, for: user)
        hasRoomChanged = true
    }
}
