// What the passing of time, and every change, asks of the pools.
extension PoolMachine {
    /// Serves the queues and brings pools to their sizes, as far as something has changed about them.
    mutating func upkeep(_ now: UInt64) {
        heldWanted = 0
        while let job = deadlines.take(dueAt: now) { cancel(job, .timeout, now) }
        while let alarm = alarms.take(dueAt: now) { heed(alarm, now) }
        repeat {
            while let first = touched.count < 2 ? touched.first : touched.min() {
                touched.removeAll { $0 == first }
                keepUp(first, now)
            }
            if hasRoomChanged { useRoom(now) }
            if !claims.isEmpty || !shortFloors.isEmpty || pledged > 0 { reclaim(now) }
        } while !touched.isEmpty || hasRoomChanged
        if !deserted.isEmpty {
            for process in deserted.sorted() { stopIfDeserted(process, now) }
            deserted = []
        }
        if !unusedRuntimes.isEmpty { retireRuntimes(now) }
    }

    /// Serves a pool's queue, and brings it to its size.
    private mutating func keepUp(_ kind: PoolKind, _ now: UInt64) {
        // As nearly always between two short runs.
        let (isSettled, isWaitedFor) =
            change(pool: kind) { ($0.isSettled, !$0.queue.isEmpty || $0.claimant != nil) } ?? (false, false)
        if isSettled, !isDraining {
            if !shortFloors.isEmpty { shortFloors.remove(kind) }
            return alarms.set(.pool(kind), to: nil)
        }
        if isWaitedFor { serveQueue(of: kind, now) }
        retire(kind, now)
        shortFloors.remove(kind)
        let missing = change(pool: kind) { pool in
            (count: pool.floor - pool.size, pool.shortage, isTimely: now >= pool.startFailures.retryAt)
        }
        guard let (count, shortage, isTimely) = missing else { return alarms.set(.pool(kind), to: nil) }
        if count > 0, isTimely, !isDraining, broken[kind.runtime] == nil { refill(kind, by: count, shortage, now) }
        setAlarm(of: kind, now)
    }

    private mutating func heed(_ alarm: Alarm, _ now: UInt64) {
        switch alarm {
        case .kill(let job): killCrew(of: job, now)
        case .seats(let job):
            fillSeats(of: job, now)
            if jobs[job]?.ready ?? 0 > 0 { regroup(job, now) }
        case .stubborn(let id):
            guard let process = processes[id] else { return }
            if process.isStopping {
                actions.append(.kill(id))
            } else {
                // A thread that is to go may have to wait for another one, as for an interpreter's lock.
                actions.append(.killUnlessBusy(id))
                watch(id, until: now + policy.stopGraceNanoseconds)
            }
        case .pool(let kind): touch(kind)
        case .runtime(let runtime): unusedRuntimes.insert(runtime)
        }
    }

    /// Kills those who are still at a cancelled job, and does so again until nobody is: who seemed to have left may not have.
    private mutating func killCrew(of id: JobID, _ now: UInt64) {
        guard let job = jobs[id], job.state == .running else { return }
        for process in Set(job.atWork.compactMap { units[$0]?.process }).sorted() { actions.append(.kill(process)) }
        alarms.set(.kill(id), to: now + max(policy.cancelGraceNanoseconds, PoolPolicy.killAgainNanoseconds))
    }

    /// Gives room that has come free to those who wait for it: jobs first, and then floors.
    private mutating func useRoom(_ now: UInt64) {
        hasRoomChanged = false
        serveClaims(now)
        let isForQueues = policy.isShared || policy.growsBusyPools
        for (kind, pool) in pools where pool.size < pool.floor || (isForQueues && !pool.queue.isEmpty) { touch(kind) }
    }

    /// Stops free units of earlier generations, and those above the floor that have waited long enough.
    private mutating func retire(_ kind: PoolKind, _ now: UInt64) {
        let isToBeSeenTo = change(pool: kind) { pool in
            // While a job waits, every worker is wanted.
            !pool.outdated.isEmpty || (pool.size > pool.floor && pool.queue.isEmpty) || pool.shrinksNow
                || pool.members.isEmpty
        }
        guard isToBeSeenTo == true || isDraining, let pool = pools[kind] else { return }
        var stopped = Array(pool.outdated)
        let floor = isDraining ? 0 : pool.floor
        if pool.size > floor, pool.queue.isEmpty {
            stopped += pool.idle.prefix(pool.size - floor).prefix { isIdle($0, in: pool, now) }
        }
        stop(stopped, now)
        change(pool: kind) { if $0.size <= $0.floor { $0.shrinksNow = false } }
        // A job that is stopping needs no more of the pool than the workers it has.
        let isWanted = pool.floor > 0 || kind.isPermanent || pool.jobs > 0
        if !isWanted, pools[kind]?.members.isEmpty == true {
            if let host = pool.host { deserted.insert(host) }
            pools[kind] = nil
            unusedRuntimes.insert(kind.runtime)
        }
    }

    private func isIdle(_ id: UnitID, in pool: PoolRow, _ now: UInt64) -> Bool {
        guard let unit = units[id] else { return false }
        return isDraining || pool.shrinksNow || now >= unit.idleSince + idleNanoseconds(unit.kind)
    }

    /// Starts what is missing to the floor, as far as there is room for it.
    private mutating func refill(_ kind: PoolKind, by missing: Int, _ reason: ColdReason?, _ now: UInt64) {
        let count = min(missing, room / kind.workersPerUnit)
        if count < missing { shortFloors.insert(kind) }
        guard count > 0 else { return }
        _ = start(count, of: kind, for: nil, seats: [], reason: reason, cold: nil, now)
    }

    /// Sets when the pool is to be looked at again, where nothing happens to it.
    private mutating func setAlarm(of kind: PoolKind, _ now: UInt64) {
        let isDraining = isDraining
        let sight = change(pool: kind) { pool in
            (
                // Those that may be stopped once they have been idle for long enough.
                spare: !isDraining && pool.queue.isEmpty && pool.size > pool.floor ? pool.idle.first : nil,
                isShort: !pool.queue.isEmpty || (!isDraining && pool.size < pool.floor),
                isWaitedFor: !pool.queue.isEmpty, pool.startFailures.retryAt, pool.relievedAt
            )
        }
        guard let (spare, isShort, isWaitedFor, retryAt, relievedAt) = sight else { return }
        var due = spare.flatMap { units[$0] }.map { $0.idleSince + idleNanoseconds(kind) }
        if isShort, now < retryAt { due = min(due ?? .max, retryAt) }
        if isWaitedFor, let next = nextInTurn(of: kind), mayGrow(next.request) {
            let end = patienceEnd(of: next.id, relieved: relievedAt)
            if now < end { due = min(due ?? .max, end) }
        }
        alarms.set(.pool(kind), to: due)
    }

    /// Stops the process of a pool of threads that has no thread left and will get none.
    private mutating func stopIfDeserted(_ id: ProcessID, _ now: UInt64) {
        guard let process = processes[id], process.kind.isThreads, !process.isCold, process.units.isEmpty else {
            return
        }
        if isDraining || pools[process.kind]?.host != id { stopProcess(id, now) }
    }

    mutating func resize(_ kind: PoolKind, _ size: Int) {
        guard runtimes[kind.runtime]?.isLeaving == false else { return }
        unusedRuntimes.insert(kind.runtime)
        pools[kind, default: PoolRow(kind: kind, floor: 0)].resize(to: size)
        touch(kind)
    }

    /// Takes other times and sizes over. A floor that stays the same in the policy is left as it is, also where it was
    /// resized in the meantime.
    mutating func adopt(_ new: PoolPolicy, _ now: UInt64) {
        let old = policy
        policy = new
        // Who is told apart is settled when the machine is made.
        policy.isShared = old.isShared
        workerShares.limit = policy.sharedWorkers
        if new.threadFloor != old.threadFloor { resize(.threads, new.threadFloor) }
        if new.processFloor != old.processFloor { resize(.processes(threads: 1), new.processFloor) }
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) where job.state == .queued {
            let most = policy.maximumWorkers(of: job.request.user)
            if job.request.workers > most { fail(id, PoolPolicy.lowered(to: most), now) }
        }
        pools.keys.forEach { touch($0) }
        unusedRuntimes.formUnion(runtimes.keys)
        hasRoomChanged = true
        reclaim(now)
    }

    mutating func recycle(_ kind: PoolKind) {
        if let host = pools[kind]?.host { deserted.insert(host) }
        change(pool: kind) { $0.age() }
        touch(kind)
    }

    mutating func drain(_ now: UInt64) {
        isDraining = true
        // They would never end by themselves.
        for id in jobs.keys.sorted() where jobs[id]?.request.isHeld == true { cancel(id, .shutdown, now) }
        pools.keys.forEach { touch($0) }
        deserted.formUnion(pools.values.compactMap(\.host))
    }
}
