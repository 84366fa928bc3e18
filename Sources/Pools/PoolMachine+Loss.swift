// What happens when workers go, asked to or not.
extension PoolMachine {
    mutating func unitsGone(_ gone: [UnitID], _ at: UInt64, _ now: UInt64) {
        let hosts = Set(gone.compactMap { units[$0]?.process })
        for id in gone { remove(id, at: at) }
        for host in hosts where processes[host]?.isStopping == false {
            let isDone = !units.values.contains { $0.process == host && $0.state == .stopping }
            if isDone { processes[host]?.killAt = nil }
        }
        upkeep(now)
    }

    private mutating func remove(_ id: UnitID, at: UInt64) {
        guard let unit = units.removeValue(forKey: id), unit.isCold, let job = unit.job.flatMap({ jobs[$0] }) else {
            return
        }
        if job.state == .stopping {
            jobs[job.id]?.stamps.gone = max(at, job.stamps.gone ?? at)
            endIfGone(job.id)
        }
    }

    mutating func processGone(
        _ id: ProcessID, _ at: UInt64, _ reason: String?, _ now: UInt64, isBlameless: Bool = false
    ) {
        guard let process = processes.removeValue(forKey: id) else { return }
        let members = units.values.filter { $0.process == id }.sorted { $0.id < $1.id }
        if !process.isStopping, !isBlameless { noteFailure(of: process.kind, members.filter { !$0.isCold }, now) }
        var bereft: [JobID: [Int]] = [:]
        for unit in members {
            if unit.state != .stopping, let job = unit.job, let seat = jobs[job]?.crew.firstIndex(of: unit.id) {
                jobs[job]?.crew[seat] = nil
                jobs[job]?.atWork.remove(unit.id)
                jobs[job]?.isDisturbed = true
                if unit.state == .starting, !isBlameless {
                    jobs[job]?.startFailures += 1
                    jobs[job]?.startFailure = reason
                }
                bereft[job, default: []].append(seat)
            }
            remove(unit.id, at: at)
        }
        for (job, seats) in bereft.sorted(by: { $0.key < $1.key }) { crewShrank(job, seats, now) }
        upkeep(now)
    }

    private mutating func noteFailure(of kind: PoolKind, _ members: [UnitRow], _ now: UInt64) {
        let up = members.count { $0.state == .ready }
        replaced += members.count
        pools[kind]?.replaced += members.count
        if pools[kind]?.hasBeenWarm == true { pools[kind]?.shortage = .workerReplaced }
        guard up == 0, !members.isEmpty else { return }
        let failures = (pools[kind]?.startFailures ?? 0) + 1
        pools[kind]?.startFailures = failures
        pools[kind]?.retryAt = now + policy.pause(after: failures)
    }

    private mutating func crewShrank(_ id: JobID, _ seats: [Int], _ now: UInt64) {
        guard let job = jobs[id] else { return }
        switch job.state {
        case .queued, .collecting, .stopping: return
        case .starting, .running, .settling, .regrouping: break
        }
        if job.cancelled != nil {
            if job.state == .running, job.atWork.isEmpty { crewLeft(id, now) }
            return
        }
        if job.startFailures >= policy.startFailureLimit * job.request.units {
            fail(id, job.startFailure ?? "they end before they are up", now)
            if job.state == .running, jobs[id]?.atWork.isEmpty == true { crewLeft(id, now) }
            return
        }
        replace(seats: seats, of: id, now)
        if job.state == .running, job.atWork.isEmpty { crewLeft(id, now) }
    }

    /// Starts new units for a job's empty seats.
    mutating func replace(seats: [Int], of id: JobID, _ now: UInt64) {
        guard let job = jobs[id] else { return }
        let reason = ColdReason.workerReplaced
        let started = start(seats.count, of: job.request.kind, for: id, reason: reason, cold: job.request.cold, now)
        for (seat, unit) in zip(seats, started) { jobs[id]?.crew[seat] = unit }
    }
}
