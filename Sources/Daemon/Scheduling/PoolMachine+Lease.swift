// How a job gets its workers.
extension PoolMachine {
    mutating func submit(_ id: JobID, _ request: LeaseRequest, _ now: UInt64) {
        var job = JobRow(id: id, request: request, stamps: .init(accepted: now))
        if request.cold != nil { job.reason = .requested }
        jobs[id] = job
        queuedJobs += 1
        count(request.kind.runtime, jobs: 1, now)
        let mayBeNext = pools[request.kind, default: PoolRow(kind: request.kind, floor: 0)].enter(id, request)
        if mayBeNext { touch(request.kind) }
        if let deadline = request.deadline { deadlines.set(id, to: deadline) }
        if request.cold == nil {
            queueShares.add(1, for: request.user)
            if request.isInner { serveInner(id, request, now) }
            return
        }
        charge(id)
        if let reason = broken[request.kind.runtime] {
            fail(id, reason, now)
        } else if room >= request.workers {
            startCold(id, now)
        } else {
            claim(request.workers, for: id)
        }
    }

    /// Starts a cold job's own workers.
    mutating func startCold(_ id: JobID, _ now: UInt64) {
        guard let request = jobs[id]?.request else { return }
        move(id, to: .starting(growthAskedAt: nil)) { $0.stamps.leased = now }
        let crew = start(
            request.units, of: request.kind, for: id, seats: Array(0..<request.units), reason: .requested,
            cold: request.cold, now)
        change(job: id) { $0.crew = crew }
    }

    /// Leases units to the jobs whose turn it is, for as long as there are enough.
    mutating func serveQueue(of kind: PoolKind, _ now: UInt64) {
        while let (id, request) = nextInTurn(of: kind), serve(id, request, now) {}
        if policy.isShared { serveCrowdedOut(of: kind, now) }
        // A job that is no longer the next one claims nothing.
        if let claimant = change(pool: kind, { $0.claimant }) ?? nil, nextInTurn(of: kind)?.id != claimant {
            unclaim(claimant)
        }
    }

    /// Starts workers for users who have none in a pool that others have taken, as far as there is room: nobody waits for
    /// all that somebody else has to do.
    private mutating func serveCrowdedOut(of kind: PoolKind, _ now: UInt64) {
        guard let pool = pools[kind], !pool.queue.isEmpty, broken[kind.runtime] == nil,
            now >= pool.startFailures.retryAt
        else {
            return
        }
        for id in Array(pool.queue.heads) {
            guard let request = jobs[id]?.request, pool.busy[request.user] == nil, isWithinShare(request),
                room >= request.workers
            else { continue }
            grow(by: request.units, for: id, now)
            lease(id, request, now)
        }
    }

    /// The waiting job whose turn it is: of users whose share of workers is used up none is served.
    mutating func nextInTurn(of kind: PoolKind) -> (id: JobID, request: LeaseRequest)? {
        guard let first = change(pool: kind, { $0.queue.first }) ?? nil else { return nil }
        if let request = change(job: first, { $0.request }), isWithinShare(request) { return (first, request) }
        guard let pool = pools[kind] else { return nil }
        for id in pool.queue.heads {
            if let request = jobs[id]?.request, isWithinShare(request) { return (id, request) }
        }
        return nil
    }

    /// - Returns: whether the job waits no longer.
    private mutating func serve(_ id: JobID, _ request: LeaseRequest, _ now: UInt64) -> Bool {
        let failure = broken.isEmpty ? nil : broken[request.kind.runtime]
        let wanted = request.units
        let free = change(pool: request.kind) { $0.idle.count + (failure == nil ? $0.coming.count : 0) }
        if let free, free >= wanted {
            lease(id, request, now)
            return true
        }
        let sight = change(pool: request.kind) {
            (size: $0.size, coming: $0.coming.count, $0.startFailures.retryAt, $0.relievedAt)
        }
        guard let free, let (size, coming, retryAt, relievedAt) = sight else { return false }
        if let failure {
            // Those that are busy will do, if they are enough.
            if size - coming >= wanted { return false }
            fail(id, failure, now)
            return true
        }
        // Other workers are stopped for what the pool can't have otherwise, and not for what it only has to wait for.
        let absent = wanted - size
        let claimable = request.isInner && mayGrow(request) ? wanted - free : absent
        if claimable <= 0 { unclaim(id) }
        guard now >= retryAt else { return false }
        let isPatienceOver = request.isInner || now >= patienceEnd(of: id, relieved: relievedAt)
        for missing in [mayGrow(request) && isPatienceOver ? wanted - free : 0, absent] where missing > 0 {
            guard room(for: id) >= missing * request.kind.workersPerUnit else { continue }
            unclaim(id)
            grow(by: missing, for: id, now)
            change(pool: request.kind) { $0.relievedAt = now }
            return serve(id, request, now)
        }
        if claimable > 0 { claim(claimable * request.kind.workersPerUnit, for: id) }
        return false
    }

    /// Whether the pool may get more workers than it has for a job that would have to wait for busy ones.
    func mayGrow(_ request: LeaseRequest) -> Bool { policy.growsBusyPools && !request.waits }

    /// Until when a waiting job waits for busy workers before its pool grows for it.
    ///
    /// - Parameter relieved: when the pool last had workers for one that waited.
    mutating func patienceEnd(of id: JobID, relieved: UInt64) -> UInt64 {
        let came = change(job: id) { $0.stamps.accepted } ?? 0
        let patience = policy.busyPatienceNanoseconds
        return min(max(came, relieved) + patience, came + PoolPolicy.busyPatienceLimit * patience)
    }

    /// How many units have to be started for a job to begin at once; nil where it has to wait for busy ones.
    mutating func unitsToStart(_ request: LeaseRequest) -> Int? {
        let sight = change(pool: request.kind) { (free: $0.idle.count + $0.coming.count, $0.size) }
        guard let (free, size) = sight else { return request.units }
        let lacking = request.units - free
        if lacking <= 0 { return 0 }
        return mayGrow(request) || lacking <= request.units - size ? lacking : nil
    }

    /// Gives a job that may wait for nobody its workers, whoever else waits at its pool.
    private mutating func serveInner(_ id: JobID, _ request: LeaseRequest, _ now: UInt64) {
        guard broken[request.kind.runtime] == nil, isWithinShare(request), let missing = unitsToStart(request),
            missing == 0
                || (room >= missing * request.kind.workersPerUnit
                    && now >= pools[request.kind]?.startFailures.retryAt ?? 0)
        else { return }
        if missing > 0 { grow(by: missing, for: id, now) }
        lease(id, request, now)
    }

    /// Starts units for the job whose turn it is; it gets them once there are enough.
    mutating func grow(by missing: Int, for id: JobID, _ now: UInt64) {
        guard let request = jobs[id]?.request, let pool = pools[request.kind] else { return }
        // Those that there are may be busy, so that there are too few whatever the floor is.
        let isFloorShort = request.units <= pool.floor && pool.size < pool.floor
        let isBusy = pool.size >= request.units && pool.idle.count + pool.coming.count < request.units
        let reason: ColdReason =
            isBusy
            ? .poolBusy
            : isFloorShort
                ? pool.shortage ?? firstReason(request.kind)
                : pool.hasBeenWarm ? .poolTooSmall : firstReason(request.kind)
        for unit in start(missing, of: request.kind, for: nil, seats: [], reason: reason, cold: nil, now) {
            change(unit: unit) { $0.wantedBy = id }
        }
    }

    private mutating func lease(_ id: JobID, _ request: LeaseRequest, _ now: UInt64) {
        unclaim(id)
        change(pool: request.kind) { _ = $0.queue.remove(id, of: request.user, isServed: true) }
        queueShares.giveBack(1, for: request.user)
        charge(id)
        let crew = take(request.units, of: request.kind).compactMap { units[$0] }
        for (seat, unit) in crew.enumerated() {
            change(unit: unit.id) {
                $0.job = id
                $0.isHeld = request.isHeld
                $0.seat = seat
                $0.wantedBy = nil
            }
        }
        // Those that the pool grew by for this job, and those that it finds on their way up.
        let own = crew.filter { $0.wantedBy == id }
        let starting = crew.filter { $0.state == .starting }
        move(id, to: .starting(growthAskedAt: own.map(\.askedAt).min())) { job in
            job.crew = crew.map(\.id)
            job.ready = crew.count - starting.count
            job.stamps.leased = now
            if !starting.isEmpty || !own.isEmpty {
                // A floor's worker that is not up yet is on its way for the first time.
                job.reason = (own + starting).compactMap(\.reason).first ?? .firstUse
            }
        }
        guard starting.isEmpty else { return }
        begin(id, now)
        if request.isSingle, let unit = crew.first { assign(to: unit.id, of: request.kind) }
    }

    /// Takes free units out of a pool: those that are up first, and of them the one that worked last, as its caches are the
    /// warmest.
    private mutating func take(_ count: Int, of kind: PoolKind) -> [UnitID] {
        let taken = change(pool: kind) { pool in
            if count == 1, let last = pool.idle.last { return [last] }
            let taken = Array(pool.idle.backwards.prefix(count))
            return (taken + pool.coming.prefix(count - taken.count)).sorted()
        }
        return taken ?? []
    }

    /// All units of a job are up for the first time.
    private mutating func begin(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id], case .starting(let growthAskedAt) = job.stage else { return }
        let crew = job.units
        let leased = job.stamps.leased ?? now
        let up = crew.compactMap { units[$0]?.readyAt }.max() ?? now
        let ready = max(up, leased)
        move(id, to: .running(JobRow.Work(units: Set(crew)))) { job in
            job.stamps.ready = ready
            job.handedAt = now
            if let asked = growthAskedAt {
                // What was waited for them is start-up, also where the job had to wait for others to be free meanwhile.
                let growth = up > asked ? up - asked : 0
                job.stamps.leased = max(job.stamps.accepted, min(leased, ready - min(growth, ready)))
            }
        }
        actions.append(.publish(id, crew))
    }

    /// Hands a job, which may be running, to units that have not been handed it.
    mutating func publish(_ id: JobID, _ crew: [UnitID], _ now: UInt64) {
        guard let job = jobs[id] else { return }
        move(id, to: .running(JobRow.Work(units: job.atWork.union(crew), isDisturbed: job.isDisturbed))) {
            $0.handedAt = now
        }
        actions.append(.publish(id, crew))
    }

    /// Asks for new units. They come up later.
    ///
    /// - Parameters:
    ///   - job: whose they are from the start; nil for the pool's.
    ///   - seats: their places in the job's crew.
    mutating func start(
        _ count: Int, of kind: PoolKind, for job: JobID?, seats: [Int], reason: ColdReason?, cold: ColdStart?,
        _ now: UInt64
    ) -> [UnitID] {
        let generation = pools[kind]?.generation ?? 0
        var started: [UnitID] = []
        func row(in process: ProcessID) -> UnitRow {
            var unit = UnitRow(
                id: nextUnit, kind: kind, process: process, isCold: cold != nil, generation: generation, reason: reason,
                askedAt: now, job: job)
            unit.isHeld = job.flatMap { jobs[$0]?.request.isHeld } == true
            if seats.indices.contains(started.count) { unit.seat = seats[started.count] }
            return unit
        }
        switch kind.arrangement {
        case .threads:
            let running = cold == .exec ? nil : pools[kind]?.host
            let host = running ?? addProcess(kind, isCold: cold == .exec, now)
            if cold != .exec { change(pool: kind) { $0.host = host } }
            for _ in 0..<count {
                let unit = row(in: host)
                add(unit)
                started.append(unit.id)
            }
            actions.append(running == nil ? .fork(host, started, exec: cold == .exec) : .startThreads(host, started))
        case .processes:
            for _ in 0..<count {
                let process = addProcess(kind, isCold: cold != nil, now)
                let unit = row(in: process)
                add(unit)
                started.append(unit.id)
                actions.append(.fork(process, [unit.id], exec: cold == .exec))
            }
        }
        return started
    }

    private mutating func addProcess(_ kind: PoolKind, isCold: Bool, _ now: UInt64) -> ProcessID {
        nextProcess += 1
        count(kind.runtime, processes: 1, now)
        processes[nextProcess] = ProcessRow(id: nextProcess, kind: kind, isCold: isCold)
        return nextProcess
    }

    mutating func unitsReady(_ times: [UnitID: UInt64], _ now: UInt64) {
        var grown: [JobID: [UnitID]] = [:]
        var kinds: Set<PoolKind> = []
        for (id, time) in times.sorted(by: { $0.key < $1.key }) {
            guard let unit = units[id], unit.state == .starting else { continue }
            change(unit: id) {
                $0.state = .ready
                $0.readyAt = time
                $0.idleSince = now
            }
            change(runtime: unit.kind.runtime) { $0.firstReason = nil }
            if !unit.isCold {
                kinds.insert(unit.kind)
                change(pool: unit.kind) { $0.startFailures.endSeries() }
            }
            guard let job = unit.job else { continue }
            let isThere: Void? = change(job: job) {
                $0.ready += 1
                $0.startFailures.endSeries()
            }
            if isThere != nil { grown[job, default: []].append(id) }
        }
        for (id, new) in grown.sorted(by: { $0.key < $1.key }) { crewGrew(id, new, now) }
        for kind in kinds { change(pool: kind) { if $0.starting == 0 { $0.hasBeenWarm = true } } }
    }

    /// Some of a job's units came up: hands them the job, once all that it waits for are there.
    private mutating func crewGrew(_ id: JobID, _ new: [UnitID], _ now: UInt64) {
        guard let job = jobs[id], job.cancelled == nil else { return }
        switch job.state {
        case .starting: if job.ready == job.crew.count { begin(id, now) }
        case .running: publish(id, new, now)
        case .regrouping: regroup(id, now)
        case .queued, .settling, .collecting, .stopping: break
        }
    }
}
