// What happens when workers go, asked to or not, and when they don't come up.
extension PoolMachine {
    mutating func unitsGone(_ gone: [UnitID], _ at: UInt64) {
        let hosts = Set(gone.compactMap { units[$0]?.process })
        for id in gone { remove(id, at: at) }
        for host in hosts.compactMap({ processes[$0] }) where !host.isStopping && host.stopping == 0 {
            watch(host.id, until: nil)
        }
    }

    mutating func processGone(
        _ id: ProcessID, _ at: UInt64, _ reason: String?, _ now: UInt64, isBlameless: Bool = false,
        hasWorked: Bool = true
    ) {
        guard let process = processes.removeValue(forKey: id) else { return }
        count(process.kind.runtime, processes: -1, now)
        alarms.set(.stubborn(id), to: nil)
        loseHost(id, of: process.kind)
        for unit in process.units.sorted() { seeOut(unit, now) }
        let members = process.units.compactMap { units[$0] }.sorted { $0.id < $1.id }
        if !process.isStopping, !isBlameless { noteFailure(of: process.kind, members.filter { !$0.isCold }, now) }
        var bereft: [JobID: Bereavement] = [:]
        for unit in members {
            for job in beginAssigned(to: unit, now) where vacate(unit, of: job, isBlameless: isBlameless) {
                bereft[job] = .worker
            }
            if unit.state != .stopping, let job = unit.job, vacate(unit, of: job, isBlameless: isBlameless) {
                var loss = Bereavement.worker
                if unit.state == .starting, !isBlameless { loss = .start }
                if unit.state == .ready, !hasWorked, !isBlameless, isYoung(unit, now) { loss = .join }
                if loss != .worker { change(job: job) { $0.startFailures.reason = reason } }
                bereft[job] = max(bereft[job] ?? .worker, loss)
            }
            remove(unit.id, at: at)
        }
        for (job, loss) in bereft.sorted(by: { $0.key < $1.key }) { crewShrank(job, loss, now) }
    }

    /// What a job has lost with a unit.
    private enum Bereavement: Int, Comparable {
        /// One that had come to something.
        case worker
        /// One that was up, and died of what it does before its first task.
        case join
        /// One that was not up yet.
        case start

        static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
    }

    /// Whether a unit that has died without having begun a task has done so of itself, as far as can be told.
    private func isYoung(_ unit: UnitRow, _ now: UInt64) -> Bool {
        unit.readyAt.map { now < $0 + PoolPolicy.youthNanoseconds } == true
    }

    /// Takes a unit that is gone out of its seat.
    ///
    /// - Returns: whether it had one.
    private mutating func vacate(_ unit: UnitRow, of id: JobID, isBlameless: Bool) -> Bool {
        let hadSeat = change(job: id) { job in
            guard unit.seat < job.crew.count, job.crew[unit.seat] == unit.id else { return false }
            job.crew[unit.seat] = nil
            job.disturb(leaver: unit.id)
            if unit.state == .ready {
                job.ready -= 1
                if !isBlameless, job.cancelled == nil, job.state.isActive { job.deaths += unit.workers }
            }
            return true
        }
        return hadSeat == true
    }

    /// Gives a client's running job an idle unit of its pool for an empty seat.
    ///
    /// - Returns: whether there was one.
    private mutating func takeIdle(for id: JobID, _ now: UInt64) -> Bool {
        guard let job = jobs[id], job.state == .running, let seat = job.vacantSeats.first,
            let pool = pools[job.request.kind], pool.queue.isEmpty, let unit = pool.idle.last
        else { return false }
        change(unit: unit) {
            $0.job = id
            $0.isHeld = true
            $0.seat = seat
        }
        change(job: id) { job in
            job.crew[seat] = unit
            job.ready += 1
        }
        publish(id, [unit], now)
        return true
    }

    /// Idle units have left a client's job, and are anybody's.
    mutating func unitsLeft(_ id: JobID, _ left: [UnitID], _ now: UInt64) {
        var hasAny = false
        for unit in left.compactMap({ units[$0] }) where unit.job == id && unit.state == .ready {
            let hadSeat = change(job: id) { job in
                guard case .running(var work) = job.stage, unit.seat < job.crew.count, job.crew[unit.seat] == unit.id
                else { return false }
                job.crew[unit.seat] = nil
                job.ready -= 1
                work.units.remove(unit.id)
                job.stage = .running(work)
                return true
            }
            guard hadSeat == true else { continue }
            hasAny = true
            change(unit: unit.id) {
                $0.job = nil
                $0.isHeld = false
                $0.idleSince = now
            }
        }
        guard hasAny else { return }
        hasRoomChanged = true
        alarms.set(.seats(id), to: now + policy.lentNanoseconds)
    }

    private mutating func noteFailure(of kind: PoolKind, _ members: [UnitRow], _ now: UInt64) {
        let up = members.count { $0.state == .ready }
        replaced += members.count
        change(pool: kind) { [policy] pool in
            pool.replaced += members.count
            if pool.hasBeenWarm { pool.shortage = .workerReplaced }
            if up == 0, !members.isEmpty { pool.startFailures.note(now, policy) }
        }
    }

    private mutating func crewShrank(_ id: JobID, _ loss: Bereavement, _ now: UInt64) {
        guard let job = jobs[id], job.state.isActive else { return }
        if job.cancelled == nil {
            change(job: id) { [policy] job in
                switch loss {
                case .start: job.startFailures.note(now, policy)
                case .join: job.joinFailures.note(now, policy)
                case .worker: job.joinFailures.endSeries()
                }
            }
            fillSeats(of: id, now)
        }
        if let job = jobs[id], job.state == .running, job.atWork.isEmpty { crewLeft(id, now) }
    }

    /// Starts new units for a job's empty seats, or sees to it that this is tried again, or goes on without.
    mutating func fillSeats(of id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.cancelled == nil, job.state.isActive else { return }
        let vacant = job.vacantSeats
        if vacant.isEmpty { return }
        let request = job.request
        unpledge(id)
        // A client that has given idle workers up has others once nobody waits for any.
        let mayGoOn = request.isHeld && job.state == .running && job.ready > 0
        if mayGoOn, !claims.isEmpty || heldWanted > 0 {
            alarms.set(.seats(id), to: now + policy.lentNanoseconds)
            return
        }
        if request.isHeld, now >= job.joinFailures.retryAt, takeIdle(for: id, now) { return fillSeats(of: id, now) }
        if let reason = broken[request.kind.runtime] { return goOnWithout(id, reason, now) }
        if max(job.startFailures.count, job.joinFailures.count) >= policy.startFailureLimit {
            return goOnWithout(id, job.startFailures.reason ?? "they end before they are up", now)
        }
        let workers = vacant.count * request.kind.workersPerUnit
        if workers > policy.workerLimit { return goOnWithout(id, PoolPolicy.lowered(to: policy.workerLimit), now) }
        let retryAt = max(job.startFailures.retryAt, job.joinFailures.retryAt)
        if now < retryAt || policy.workerLimit - workerCount - pledged(before: id) < workers {
            // Where there is no room, as the limit has been lowered, it is looked for again before long.
            alarms.set(.seats(id), to: now < retryAt ? retryAt : now + policy.startRetryNanoseconds)
            // It goes on with those that it has, and keeps nobody out meanwhile.
            if mayGoOn { return }
            change(job: id) { $0.pledge = workers }
            pledged += workers
            return
        }
        alarms.set(.seats(id), to: nil)
        let started = start(
            vacant.count, of: request.kind, for: id, seats: vacant, reason: .workerReplaced, cold: request.cold, now)
        change(job: id) { job in
            for (seat, unit) in zip(vacant, started) { job.crew[seat] = unit }
        }
    }

    /// Workers that are pledged to jobs that came before one. Whoever counted those that came after it, too, would wait for them, and
    /// they for it.
    private func pledged(before id: JobID) -> Int {
        if pledged == 0 { return 0 }
        return jobs.values.reduce(0) { $0 + ($1.id < id ? $1.pledge : 0) }
    }

    /// Gives back the room that a job was promised for its empty seats.
    mutating func unpledge(_ id: JobID) {
        let pledge = change(job: id) { job in
            defer { job.pledge = 0 }
            return job.pledge
        }
        guard let pledge, pledge > 0 else { return }
        pledged -= pledge
        hasRoomChanged = true
    }

    /// No unit can be started for a job's empty seats: those that it has go on without, if that is possible.
    private mutating func goOnWithout(_ id: JobID, _ reason: String, _ now: UInt64) {
        alarms.set(.seats(id), to: nil)
        switch jobs[id]?.state {
        case .starting: fail(id, reason, now)
        case .regrouping: regroup(id, now, because: reason)
        case .running, .settling, .queued, .collecting, .stopping, nil: break
        }
    }

    /// Gives a job up whose workers don't come up.
    mutating func fail(_ id: JobID, _ reason: String, _ now: UInt64) {
        cancel(id, .workersFailed(reason: reason), now)
    }
}
