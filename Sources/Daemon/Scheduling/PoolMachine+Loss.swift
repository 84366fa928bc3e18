// What happens when workers go, asked to or not, and when they don't come up.
extension PoolMachine {
    mutating func unitsGone(_ gone: [UnitID], _ at: UInt64) {
        let hosts = Set(gone.compactMap { units[$0]?.process })
        for id in gone { remove(id, at: at) }
        for host in hosts where processes[host]?.isStopping == false && processes[host]?.stopping == 0 {
            watch(host, until: nil)
        }
    }

    mutating func processGone(
        _ id: ProcessID, _ at: UInt64, _ reason: String?, _ now: UInt64, isBlameless: Bool = false
    ) {
        guard let process = processes.removeValue(forKey: id) else { return }
        count(process.kind.runtime, processes: -1, now)
        alarms.set(.stubborn(id), to: nil)
        if pools[process.kind]?.host == id { pools[process.kind]?.host = nil }
        let members = process.units.compactMap { units[$0] }.sorted { $0.id < $1.id }
        if !process.isStopping, !isBlameless { noteFailure(of: process.kind, members.filter { !$0.isCold }, now) }
        var bereft: [JobID: Bool] = [:]
        for unit in members {
            if unit.state != .stopping, let job = unit.job, vacate(unit, of: job, isBlameless: isBlameless) {
                let couldNotStart = unit.state == .starting && !isBlameless
                if couldNotStart { jobs[job]?.startFailure = reason }
                bereft[job] = bereft[job] == true || couldNotStart
            }
            remove(unit.id, at: at)
        }
        for (job, couldNotStart) in bereft.sorted(by: { $0.key < $1.key }) { crewShrank(job, couldNotStart, now) }
    }

    /// Takes a unit that is gone out of its seat.
    ///
    /// - Returns: whether it had one.
    private mutating func vacate(_ unit: UnitRow, of id: JobID, isBlameless: Bool) -> Bool {
        guard unit.seat < jobs[id]?.crew.count ?? 0, jobs[id]?.crew[unit.seat] == unit.id else { return false }
        jobs[id]?.crew[unit.seat] = nil
        jobs[id]?.seated -= 1
        jobs[id]?.vacant.append(unit.seat)
        jobs[id]?.atWork.remove(unit.id)
        jobs[id]?.isDisturbed = true
        if unit.state == .ready {
            jobs[id]?.ready -= 1
            if !isBlameless, jobs[id]?.cancelled == nil, jobs[id]?.state.isActive == true {
                jobs[id]?.deaths += unit.workers
            }
        }
        return true
    }

    private mutating func noteFailure(of kind: PoolKind, _ members: [UnitRow], _ now: UInt64) {
        let up = members.count { $0.state == .ready }
        replaced += members.count
        pools[kind]?.replaced += members.count
        if pools[kind]?.hasBeenWarm == true { pools[kind]?.shortage = .workerReplaced }
        guard up == 0, !members.isEmpty, let pool = pools[kind], now >= pool.retryAt else { return }
        pools[kind]?.startFailures += 1
        pools[kind]?.retryAt = now + policy.pause(after: pool.startFailures + 1)
    }

    /// - Parameter couldNotStart: whether one of the lost units was not up yet.
    private mutating func crewShrank(_ id: JobID, _ couldNotStart: Bool, _ now: UInt64) {
        guard let job = jobs[id], job.state.isActive else { return }
        if job.cancelled == nil {
            if couldNotStart, now >= job.retryAt {
                jobs[id]?.startFailures += 1
                jobs[id]?.retryAt = now + policy.pause(after: job.startFailures + 1)
            }
            fillSeats(of: id, now)
        }
        if jobs[id]?.state == .running, jobs[id]?.atWork.isEmpty == true { crewLeft(id, now) }
    }

    /// Starts new units for a job's empty seats, or sees to it that this is tried again, or goes on without.
    mutating func fillSeats(of id: JobID, _ now: UInt64) {
        guard let vacant = jobs[id]?.vacant, !vacant.isEmpty, jobs[id]?.cancelled == nil,
            let request = jobs[id]?.request, jobs[id]?.state.isActive == true
        else { return }
        unpledge(id)
        if let reason = broken[request.kind.runtime] { return goOnWithout(id, reason, now) }
        if jobs[id]?.startFailures ?? 0 >= policy.startFailureLimit {
            return goOnWithout(id, jobs[id]?.startFailure ?? "they end before they are up", now)
        }
        let workers = vacant.count * request.kind.workersPerUnit
        let retryAt = jobs[id]?.retryAt ?? 0
        if now < retryAt || policy.workerLimit - workerCount - pledged < workers {
            // Where there is no room, as the limit has been lowered, it is looked for again before long.
            alarms.set(.seats(id), to: now < retryAt ? retryAt : now + policy.startRetryNanoseconds)
            jobs[id]?.pledge = workers
            pledged += workers
            return
        }
        alarms.set(.seats(id), to: nil)
        jobs[id]?.vacant = []
        let started = start(
            vacant.count, of: request.kind, for: id, seats: vacant, reason: .workerReplaced, cold: request.cold, now)
        for (seat, unit) in zip(vacant, started) { jobs[id]?.crew[seat] = unit }
        jobs[id]?.seated += started.count
    }

    /// Gives back the room that a job was promised for its empty seats.
    mutating func unpledge(_ id: JobID) {
        guard let pledge = jobs[id]?.pledge, pledge > 0 else { return }
        pledged -= pledge
        jobs[id]?.pledge = 0
        hasRoomChanged = true
    }

    /// No unit can be started for a job's empty seats: those that it has go on without, if that is possible.
    private mutating func goOnWithout(_ id: JobID, _ reason: String, _ now: UInt64) {
        alarms.set(.seats(id), to: nil)
        switch jobs[id]?.state {
        case .starting: fail(id, reason, now)
        case .regrouping: regroup(id, now)
        case .running, .settling, .queued, .collecting, .stopping, nil: break
        }
    }

    /// Gives a job up whose workers don't come up.
    mutating func fail(_ id: JobID, _ reason: String, _ now: UInt64) {
        guard jobs[id]?.cancelled == nil else { return }
        jobs[id]?.failureReason = reason
        cancel(id, .workersFailed, now)
    }
}
