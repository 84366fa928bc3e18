// How a job ends.
extension PoolMachine {
    mutating func crewLeft(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state == .running else { return }
        jobs[id]?.left.formUnion(job.atWork)
        jobs[id]?.atWork = []
        if job.isDisturbed {
            settle(id)
        } else {
            finish(id, now)
        }
    }

    private mutating func settle(_ id: JobID) {
        jobs[id]?.state = .settling
        actions.append(.settle(id))
    }

    mutating func settled(_ id: JobID, again: Int, _ now: UInt64) {
        guard let job = jobs[id], job.state == .settling else { return }
        if again == 0 { return finish(id, now) }
        // Cancelled in the meantime: what was put aside is settled for good.
        if job.cancelled != nil { return settle(id) }
        jobs[id]?.state = .regrouping
        jobs[id]?.isDisturbed = false
        jobs[id]?.left = []
        let crew = job.units.compactMap { units[$0] }
        if crew.contains(where: { $0.state == .starting }) { return }
        if crew.isEmpty {
            replace(seats: job.crew.indices.map { $0 }, of: id, now)
        } else {
            publish(id, crew.map(\.id))
        }
    }

    private mutating func finish(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state != .collecting, job.state != .stopping else { return }
        jobs[id]?.state = .collecting
        jobs[id]?.stamps.settled = now
        jobs[id]?.killAt = nil
        if job.request.cold == nil {
            for unit in job.units {
                units[unit]?.job = nil
                units[unit]?.idleSince = now
            }
        }
        actions.append(.finished(id))
        upkeep(now)
    }

    mutating func collected(_ id: JobID, _ at: UInt64, _ now: UInt64) {
        guard jobs[id]?.state == .collecting else { return }
        jobs[id]?.stamps.collected = at
        jobs[id]?.stamps.gone = at
        jobs[id]?.state = .stopping
        let cold = units.values.filter { $0.job == id && $0.isCold && $0.state != .stopping }.map(\.id)
        stop(cold, now)
        endIfGone(id)
    }

    /// Ends a job whose cold workers are all gone.
    mutating func endIfGone(_ id: JobID) {
        guard jobs[id]?.state == .stopping, !units.values.contains(where: { $0.job == id && $0.isCold }) else { return }
        actions.append(.ended(id))
    }

    /// Forgets a job that has ended, and returns what it was.
    public mutating func forget(_ id: JobID) -> JobRow? {
        jobs.removeValue(forKey: id)
    }

    mutating func cancel(_ id: JobID, _ cause: CancelCause, _ now: UInt64) {
        guard let job = jobs[id], job.cancelled == nil else { return }
        switch job.state {
        case .collecting, .stopping: return
        case .queued:
            pools[job.request.kind]?.queue.removeAll { $0 == id }
        case .starting, .running, .settling, .regrouping: break
        }
        jobs[id]?.cancelled = cause
        jobs[id]?.isDisturbed = true
        if job.state == .running {
            jobs[id]?.killAt = now + policy.cancelGraceNanoseconds
            actions.append(.cancelTasks(id))
        } else if job.state != .settling {
            settle(id)
        }
    }

    /// Its tasks have stopped by themselves: what is left is cancelled once the crew has been seen leaving.
    mutating func halted(_ id: JobID) {
        guard let job = jobs[id], job.state == .running, job.cancelled == nil else { return }
        jobs[id]?.cancelled = .halt
        jobs[id]?.isDisturbed = true
    }

    /// Stops units: single threads of the thread pool, whole processes otherwise.
    mutating func stop(_ ids: [UnitID], _ now: UInt64) {
        var threads: [ProcessID: [UnitID]] = [:]
        for id in ids {
            guard let unit = units[id] else { continue }
            units[id]?.state = .stopping
            if unit.kind.isThreads, processes[unit.process]?.isCold == false {
                threads[unit.process, default: []].append(id)
            } else {
                stopProcess(unit.process, now)
            }
        }
        for (process, units) in threads.sorted(by: { $0.key < $1.key }) {
            processes[process]?.killAt = now + policy.stopGraceNanoseconds
            actions.append(.stopThreads(process, units.sorted()))
        }
    }

    mutating func stopProcess(_ id: ProcessID, _ now: UInt64) {
        guard processes[id]?.isStopping == false else { return }
        processes[id]?.isStopping = true
        processes[id]?.killAt = now + policy.stopGraceNanoseconds
        actions.append(.stopProcess(id))
    }
}
