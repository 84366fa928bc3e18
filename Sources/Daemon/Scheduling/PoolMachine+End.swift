// How a job ends.
extension PoolMachine {
    mutating func unitsLeft(_ id: JobID, _ left: [UnitID], _ now: UInt64) {
        guard jobs[id]?.state == .running else { return }
        jobs[id]?.atWork.subtract(left)
        if jobs[id]?.atWork.isEmpty == true { crewLeft(id, now) }
    }

    mutating func crewLeft(_ id: JobID, _ now: UInt64) {
        guard jobs[id]?.state == .running else { return }
        jobs[id]?.atWork = []
        if jobs[id]?.isDisturbed == true {
            settle(id)
        } else {
            finish(id, now)
        }
    }

    private mutating func settle(_ id: JobID) {
        set(.settling, of: id)
        actions.append(.settle(id))
    }

    mutating func settled(_ id: JobID, again: Int, _ now: UInt64) {
        guard jobs[id]?.state == .settling else { return }
        if again == 0 { return finish(id, now) }
        // Cancelled in the meantime: what was put aside is settled for good.
        if jobs[id]?.cancelled != nil { return settle(id) }
        set(.regrouping, of: id)
        jobs[id]?.isDisturbed = false
        fillSeats(of: id, now)
        regroup(id, now)
    }

    /// Hands the tasks that are to be done again to those of the crew who are there. Others join them when they come up.
    mutating func regroup(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state == .regrouping, job.cancelled == nil else { return }
        if job.ready > 0 {
            publish(id, job.units.filter { units[$0]?.state == .ready })
        } else if job.seated == 0, job.pledge == 0 {
            fail(id, broken[job.request.kind.runtime] ?? job.startFailure ?? "they have died", now)
        } else if job.reason == nil {
            // The run has to wait for them, so it is not warm.
            jobs[id]?.reason = .workerReplaced
        }
    }

    private mutating func finish(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state != .collecting, job.state != .stopping else { return }
        set(.collecting, of: id)
        jobs[id]?.stamps.settled = now
        unpledge(id)
        deadlines.set(id, to: nil)
        alarms.set(.kill(id), to: nil)
        alarms.set(.seats(id), to: nil)
        if job.request.cold == nil {
            // The first ones are to be the next job's.
            for unit in job.units.reversed() {
                change(unit) {
                    $0.job = nil
                    $0.idleSince = now
                }
            }
            discharge(id)
        }
        actions.append(.finished(id))
    }

    mutating func collected(_ id: JobID, _ at: UInt64, _ now: UInt64) {
        guard jobs[id]?.state == .collecting, let request = jobs[id]?.request else { return }
        jobs[id]?.stamps.collected = at
        jobs[id]?.stamps.gone = at
        set(.stopping, of: id)
        pools[request.kind]?.jobs -= 1
        touch(request.kind)
        if request.cold != nil { stop(jobs[id]?.units ?? [], now) }
        endIfGone(id, now)
    }

    /// Ends a job whose cold workers are all gone.
    mutating func endIfGone(_ id: JobID, _ now: UInt64) {
        guard jobs[id]?.state == .stopping, jobs[id]?.coldUnits == 0 else { return }
        discharge(id)
        if let runtime = jobs[id]?.request.kind.runtime { count(runtime, jobs: -1, now) }
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
            unclaim(id)
            if pools[job.request.kind]?.queue.remove(id, of: job.request.user) == true {
                queueShares.giveBack(1, for: job.request.user)
                touch(job.request.kind)
            }
        case .starting, .running, .settling, .regrouping: break
        }
        jobs[id]?.cancelled = cause
        jobs[id]?.isDisturbed = true
        unpledge(id)
        deadlines.set(id, to: nil)
        alarms.set(.seats(id), to: nil)
        if job.state == .running {
            alarms.set(.kill(id), to: now + policy.cancelGraceNanoseconds)
            actions.append(.cancelTasks(id))
        } else if job.state != .settling {
            settle(id)
        }
    }

    /// Its tasks have stopped by themselves: what is left is cancelled once the crew has been seen leaving.
    mutating func halted(_ id: JobID) {
        guard jobs[id]?.state == .running, jobs[id]?.cancelled == nil else { return }
        jobs[id]?.cancelled = .halt
        jobs[id]?.isDisturbed = true
    }

    /// Stops units: single threads of the thread pool, whole processes otherwise.
    mutating func stop(_ ids: [UnitID], _ now: UInt64) {
        let ids = ids.filter { units[$0].map { $0.state != .stopping } ?? false }
        for id in ids { change(id) { $0.state = .stopping } }
        sendOff(ids, now)
    }

    /// Tells those to stop that have been marked as stopping.
    mutating func sendOff(_ ids: [UnitID], _ now: UInt64) {
        var threads: [ProcessID: [UnitID]] = [:]
        for id in ids {
            guard let unit = units[id] else { continue }
            if unit.kind.isThreads, processes[unit.process]?.isCold == false {
                threads[unit.process, default: []].append(id)
            } else {
                stopProcess(unit.process, now)
            }
        }
        for (process, units) in threads.sorted(by: { $0.key < $1.key }) {
            watch(process, until: now + policy.stopGraceNanoseconds)
            actions.append(.stopThreads(process, units.sorted()))
        }
    }

    mutating func stopProcess(_ id: ProcessID, _ now: UInt64) {
        guard let process = processes[id], !process.isStopping else { return }
        processes[id]?.isStopping = true
        if pools[process.kind]?.host == id { pools[process.kind]?.host = nil }
        watch(id, until: now + policy.stopGraceNanoseconds)
        actions.append(.stopProcess(id))
    }

    /// Has a process killed at a certain time; nil for not at all.
    mutating func watch(_ id: ProcessID, until time: UInt64?) {
        alarms.set(.stubborn(id), to: time)
    }
}
