// What the passing of time, and every change, asks of the pools.
extension PoolMachine {
    /// Serves the queues and brings each pool to its size.
    mutating func upkeep(_ now: UInt64) {
        for (id, job) in jobs.sorted(by: { $0.key < $1.key }) {
            if let deadline = job.request.deadline, now >= deadline { cancel(id, .timeout, now) }
            if let killAt = job.killAt, now >= killAt { killCrew(of: id) }
        }
        killStubborn(now)
        for kind in pools.keys.sorted(by: { $0.name < $1.name }) {
            serveQueue(of: kind, now)
            retire(kind, now)
            refill(kind, now)
        }
        for process in processes.values.sorted(by: { $0.id < $1.id }) where isDeserted(process) {
            stopProcess(process.id, now)
        }
    }

    /// Kills processes that were told to stop, or to stop threads, and have not done so.
    private mutating func killStubborn(_ now: UInt64) {
        for process in processes.values.sorted(by: { $0.id < $1.id }) {
            guard let killAt = process.killAt, now >= killAt else { continue }
            processes[process.id]?.killAt = nil
            actions.append(.kill(process.id))
        }
    }

    private mutating func killCrew(of id: JobID) {
        guard let job = jobs[id] else { return }
        jobs[id]?.killAt = nil
        for process in Set(job.atWork.compactMap { units[$0]?.process }).sorted() { actions.append(.kill(process)) }
    }

    /// Stops free units of earlier generations, and those above the floor that have waited long enough.
    private mutating func retire(_ kind: PoolKind, _ now: UInt64) {
        guard let pool = pools[kind] else { return }
        let members = members(of: kind)
        var stopped = members.filter { $0.isFree && $0.state == .ready && $0.generation != pool.generation }
        let current = members.filter { $0.generation == pool.generation }
        let idle = current.filter { $0.isFree && $0.state == .ready && isIdle($0, in: pool, now) }
        let surplus = current.count - (isDraining ? 0 : pool.floor)
        // While a job waits, every worker is wanted.
        if surplus > 0, pool.queue.isEmpty { stopped += idle.suffix(surplus) }
        if pool.shrinksNow, current.count - stopped.count <= pool.floor { pools[kind]?.shrinksNow = false }
        stop(stopped.map(\.id), now)
        // A job that is stopping needs no more of the pool than the workers it has.
        let isWanted =
            pool.floor > 0 || kind.isPermanent
            || jobs.values.contains { $0.request.kind == kind && $0.state != .stopping }
        if !isWanted, members.isEmpty { pools[kind] = nil }
    }

    private func isIdle(_ unit: UnitRow, in pool: PoolRow, _ now: UInt64) -> Bool {
        isDraining || pool.shrinksNow || now >= unit.idleSince + policy.idleNanoseconds
    }

    /// Starts what is missing to the floor.
    private mutating func refill(_ kind: PoolKind, _ now: UInt64) {
        guard let pool = pools[kind], !isDraining, now >= pool.retryAt, broken[kind.library] == nil else { return }
        let count = members(of: kind).count { $0.generation == pool.generation }
        guard count < pool.floor else { return }
        _ = start(pool.floor - count, of: kind, for: nil, reason: pool.shortage, cold: nil, now)
    }

    /// Whether a process of the thread pool has no thread left and will get none.
    private func isDeserted(_ process: ProcessRow) -> Bool {
        guard process.kind.isThreads, !process.isStopping else { return false }
        let isOld = isDraining || process.generation != pools[process.kind]?.generation
        return isOld && !units.values.contains { $0.process == process.id }
    }

    mutating func resize(_ kind: PoolKind, _ size: Int) {
        if pools[kind] == nil { pools[kind] = PoolRow(kind: kind, floor: 0) }
        pools[kind]?.floor = size
        pools[kind]?.shrinksNow = true
        pools[kind]?.shortage = .poolTooSmall
    }

    /// Takes other times and sizes over. A floor that stays the same in the policy is left as it is, also where it was
    /// resized in the meantime.
    mutating func adopt(_ new: PoolPolicy, _ now: UInt64) {
        let old = policy
        policy = new
        if new.threadFloor != old.threadFloor { resize(.threads, new.threadFloor) }
        if new.processFloor != old.processFloor { resize(.processes(threads: 1), new.processFloor) }
        upkeep(now)
    }

    mutating func recycle(_ kind: PoolKind, _ now: UInt64) {
        pools[kind]?.generation += 1
        pools[kind]?.shortage = .workerReplaced
        upkeep(now)
    }

    /// When ``Event/tick`` is due, which may be long since; nil when nothing waits for time to pass.
    public var nextDeadline: UInt64? {
        var deadlines: [UInt64] = []
        for job in jobs.values where job.cancelled == nil && job.state != .collecting && job.state != .stopping {
            if let deadline = job.request.deadline { deadlines.append(deadline) }
        }
        deadlines += jobs.values.compactMap(\.killAt) + processes.values.compactMap(\.killAt)
        for pool in pools.values {
            let current = members(of: pool.kind).filter { $0.generation == pool.generation }
            if !isDraining, pool.queue.isEmpty, current.count > pool.floor {
                deadlines += current.filter { $0.isFree && $0.state == .ready }.map {
                    $0.idleSince + policy.idleNanoseconds
                }
            }
            // Nothing but a start that was put off leaves a pool short of workers once it has been seen to.
            let awaited = pool.queue.first.flatMap { jobs[$0]?.request.units } ?? 0
            if broken[pool.kind.library] == nil, current.count < max(awaited, isDraining ? 0 : pool.floor) {
                deadlines.append(pool.retryAt)
            }
        }
        return deadlines.min()
    }
}
