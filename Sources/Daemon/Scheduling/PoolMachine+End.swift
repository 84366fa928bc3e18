// How a job ends.
extension PoolMachine {
    mutating func crewLeft(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state == .running else { return }
        if job.request.isHeld { noteDesertion(of: job, now) }
        // A client may have more to do for as long as it is there, whoever has left.
        if job.isDisturbed || job.request.isHeld { settle(id) } else { finish(id, now) }
    }

    /// Counts that a client's workers have all left its job without a death. Where they do so at once, they could not join it.
    private mutating func noteDesertion(of job: JobRow, _ now: UInt64) {
        if job.cancelled != nil || job.isDisturbed || job.ready == 0 { return }
        let isBrief = now < job.handedAt + PoolPolicy.youthNanoseconds
        change(job: job.id) { [policy] job in
            job.desertions = isBrief ? job.desertions + 1 : 0
            // Once may be by chance.
            job.returnsAt = job.desertions > 1 ? now + policy.pause(after: job.desertions - 1) : 0
        }
    }

    mutating func settle(_ id: JobID) {
        move(id, to: .settling)
        actions.append(.settle(id))
    }

    mutating func settled(_ id: JobID, again: Int, _ now: UInt64) {
        guard let job = jobs[id], job.state == .settling else { return }
        if again == 0 { return finish(id, now) }
        // Cancelled in the meantime: what was put aside is settled for good.
        if job.cancelled != nil { return settle(id) }
        move(id, to: .regrouping)
        fillSeats(of: id, now)
        regroup(id, now)
    }

    /// Hands the tasks that are to be done again to those of the crew who are there. Others join them when they come up.
    ///
    /// - Parameter reason: why none will, where that is known.
    mutating func regroup(_ id: JobID, _ now: UInt64, because reason: String? = nil) {
        guard let job = jobs[id], job.state == .regrouping, job.cancelled == nil else { return }
        if job.desertions >= policy.startFailureLimit {
            fail(id, "they can't join it: see the daemon's log", now)
        } else if job.ready > 0, now < job.returnsAt {
            alarms.set(.seats(id), to: job.returnsAt)
        } else if job.ready > 0 {
            publish(id, job.units.filter { units[$0]?.state == .ready }, now)
        } else if job.units.isEmpty, job.pledge == 0 {
            fail(id, reason ?? broken[job.request.kind.runtime] ?? job.startFailures.reason ?? "they have died", now)
        } else if job.reason == nil {
            // The run has to wait for them, so it is not warm.
            change(job: id) { $0.reason = .workerReplaced }
        }
    }

    private mutating func finish(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state != .collecting, job.state != .stopping else { return }
        move(id, to: .collecting) { $0.stamps.settled = now }
        unpledge(id)
        deadlines.set(id, to: nil)
        alarms.set(.kill(id), to: nil)
        alarms.set(.seats(id), to: nil)
        if job.request.cold == nil {
            change(pool: job.request.kind) { $0.relievedAt = now }
            noteLength(of: job)
            let units = job.units
            // The one worker of a job is the next one's at once, of the same user.
            discharge(id, isPassedOn: units.count == 1 && job.request.workers == 1 && hasNext(units[0]))
            // The first ones are to be the next job's.
            for unit in units.reversed() {
                if hasNext(unit) {
                    goOn(unit, now)
                    assign(to: unit, of: job.request.kind)
                    continue
                }
                change(unit: unit) {
                    $0.job = nil
                    $0.isHeld = false
                    $0.idleSince = now
                }
            }
        }
        actions.append(.finished(id))
    }

    mutating func collected(_ id: JobID, _ at: UInt64, _ now: UInt64) {
        guard let job = jobs[id], job.state == .collecting else { return }
        move(id, to: .stopping) {
            $0.stamps.collected = at
            $0.stamps.gone = at
        }
        // Its warm workers have been the pool's since it finished: only the last job's end says anything new.
        if change(pool: job.request.kind, { $0.endJob() }) == true { touch(job.request.kind) }
        if job.request.cold != nil { stop(job.units, now) }
        endIfGone(id, now)
    }

    /// Ends a job whose cold workers are all gone.
    mutating func endIfGone(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state == .stopping, job.coldUnits == 0 else { return }
        discharge(id)
        count(job.request.kind.runtime, jobs: -1, now)
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
        case .queued where job.assignedTo != nil: break
        case .queued:
            unclaim(id)
            if change(pool: job.request.kind, { $0.queue.remove(id, of: job.request.user) }) == true {
                queueShares.giveBack(1, for: job.request.user)
                touch(job.request.kind)
            }
        case .starting, .running, .settling, .regrouping: break
        }
        change(job: id) {
            $0.cancelled = cause
            $0.disturb()
        }
        unpledge(id)
        deadlines.set(id, to: nil)
        alarms.set(.seats(id), to: nil)
        if let unit = job.assignedTo {
            actions.append(.withdraw(unit))
        } else if job.state == .running {
            alarms.set(.kill(id), to: now + policy.cancelGraceNanoseconds)
            actions.append(.cancelTasks(id))
        } else if job.state != .settling {
            settle(id)
        }
    }

    /// Its tasks have stopped by themselves: what is left is cancelled once the crew has been seen leaving.
    mutating func halted(_ id: JobID) {
        change(job: id) { job in
            guard job.state == .running, job.cancelled == nil else { return }
            job.cancelled = .halt
            job.disturb()
        }
    }

    /// Stops units: single threads of the thread pool, whole processes otherwise.
    mutating func stop(_ ids: [UnitID], _ now: UInt64) {
        let ids = ids.filter { units[$0].map { $0.state != .stopping } ?? false }
        for id in ids { change(unit: id) { $0.state = .stopping } }
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
        let kind = change(process: id) { process -> PoolKind? in
            if process.isStopping { return nil }
            process.isStopping = true
            return process.kind
        }
        guard let kind = kind ?? nil else { return }
        loseHost(id, of: kind)
        watch(id, until: now + policy.stopGraceNanoseconds)
        actions.append(.stopProcess(id))
    }

    /// Notes that no further thread is started in a process.
    mutating func loseHost(_ id: ProcessID, of kind: PoolKind) {
        change(pool: kind) { if $0.host == id { $0.host = nil } }
    }

    /// Has a process killed at a certain time; nil for not at all.
    mutating func watch(_ id: ProcessID, until time: UInt64?) {
        alarms.set(.stubborn(id), to: time)
    }
}
