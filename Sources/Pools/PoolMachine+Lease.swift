// How a job gets its workers.
extension PoolMachine {
    mutating func submit(_ id: JobID, _ request: LeaseRequest, _ now: UInt64) {
        var job = JobRow(id: id, request: request, stamps: .init(accepted: now))
        if pools[request.kind] == nil { pools[request.kind] = PoolRow(kind: request.kind, floor: 0) }
        if request.cold != nil, let reason = broken[request.kind.library] {
            jobs[id] = job
            return fail(id, reason, now)
        }
        if let cold = request.cold {
            job.reason = .requested
            job.stamps.leased = now
            job.state = .starting
            job.crew = start(
                request.units, of: request.kind, for: id, reason: .requested, cold: cold, now)
            jobs[id] = job
            return
        }
        jobs[id] = job
        pools[request.kind]?.queue.append(id)
        serveQueue(of: request.kind, now)
    }

    /// Leases units to the jobs at the head of a pool's queue, for as long as there are enough.
    mutating func serveQueue(of kind: PoolKind, _ now: UInt64) {
        while let id = pools[kind]?.queue.first, let job = jobs[id] {
            let wanted = job.request.units
            let members = members(of: kind).filter { $0.generation == pools[kind]?.generation }
            if let reason = broken[kind.library], members.count(where: { $0.state == .ready }) < wanted {
                fail(id, reason, now)
                continue
            }
            if members.count < wanted {
                guard let pool = pools[kind], now >= pool.retryAt else { return }
                let reason: ColdReason =
                    wanted <= pool.floor ? pool.shortage ?? .firstUse : pool.hasBeenWarm ? .poolTooSmall : .firstUse
                _ = start(wanted - members.count, of: kind, for: nil, reason: reason, cold: nil, now)
                continue
            }
            // Those that are up first, and of them the one that worked last: its caches are the warmest.
            let free = members.filter(\.isFree).sorted {
                ($0.state == .ready ? 1 : 0, $0.idleSince, $1.id) > ($1.state == .ready ? 1 : 0, $1.idleSince, $0.id)
            }
            if free.count < wanted { return }
            pools[kind]?.queue.removeFirst()
            lease(free.prefix(wanted).sorted { $0.id < $1.id }, to: id, now)
        }
    }

    private mutating func lease(_ crew: [UnitRow], to id: JobID, _ now: UInt64) {
        for unit in crew { units[unit.id]?.job = id }
        jobs[id]?.crew = crew.map(\.id)
        jobs[id]?.stamps.leased = now
        let starting = crew.filter { $0.state == .starting }
        if starting.isEmpty {
            jobs[id]?.stamps.ready = now
            publish(id, crew.map(\.id))
        } else {
            jobs[id]?.state = .starting
            // A floor's worker that is not up yet is on its way for the first time.
            jobs[id]?.reason = starting.compactMap(\.reason).first ?? .firstUse
        }
    }

    mutating func publish(_ id: JobID, _ crew: [UnitID]) {
        jobs[id]?.state = .running
        jobs[id]?.atWork.formUnion(crew)
        actions.append(.publish(id, crew))
    }

    /// Asks for new units. They come up later.
    mutating func start(
        _ count: Int, of kind: PoolKind, for job: JobID?, reason: ColdReason?, cold: ColdStart?, _ now: UInt64
    ) -> [UnitID] {
        let generation = pools[kind]?.generation ?? 0
        var started: [UnitID] = []
        func row(in process: ProcessID) -> UnitRow {
            UnitRow(
                id: nextUnit, kind: kind, process: process, isCold: cold != nil, generation: generation, reason: reason,
                askedAt: now, job: job)
        }
        switch kind.arrangement {
        case .threads:
            let running = processes.values.first {
                $0.kind == kind && $0.generation == generation && !$0.isStopping && !$0.isCold
            }
            let process = cold == .exec ? nil : running?.id
            let host = process ?? addProcess(kind, generation, isCold: cold == .exec)
            for _ in 0..<count {
                let unit = row(in: host)
                add(unit)
                started.append(unit.id)
            }
            actions.append(
                process == nil ? .fork(host, started, exec: cold == .exec) : .startThreads(host, started))
        case .processes:
            for _ in 0..<count {
                let process = addProcess(kind, generation, isCold: cold != nil)
                let unit = row(in: process)
                add(unit)
                started.append(unit.id)
                actions.append(.fork(process, [unit.id], exec: cold == .exec))
            }
        }
        return started
    }

    private mutating func addProcess(_ kind: PoolKind, _ generation: Int, isCold: Bool) -> ProcessID {
        nextProcess += 1
        processes[nextProcess] = ProcessRow(id: nextProcess, kind: kind, generation: generation, isCold: isCold)
        return nextProcess
    }

    private mutating func add(_ unit: UnitRow) {
        units[unit.id] = unit
        nextUnit += 1
    }

    mutating func unitsReady(_ times: [UnitID: UInt64], _ now: UInt64) {
        var kinds: Set<PoolKind> = []
        var waiting: Set<JobID> = []
        for (id, time) in times {
            guard let unit = units[id], unit.state == .starting else { continue }
            units[id]?.state = .ready
            units[id]?.readyAt = time
            units[id]?.idleSince = now
            if !unit.isCold {
                kinds.insert(unit.kind)
                pools[unit.kind]?.startFailures = 0
            }
            if let job = unit.job { waiting.insert(job) }
        }
        for id in waiting.sorted() { crewGrew(id, now) }
        for kind in kinds {
            if !members(of: kind).contains(where: { $0.state == .starting }) { pools[kind]?.hasBeenWarm = true }
        }
        upkeep(now)
    }

    /// Some of a job's units came up: hands them the job, once all that it waits for are there.
    private mutating func crewGrew(_ id: JobID, _ now: UInt64) {
        guard let job = jobs[id] else { return }
        let crew = job.units.compactMap { units[$0] }
        switch job.state {
        case .starting:
            guard crew.allSatisfy({ $0.state == .ready }), crew.count == job.crew.count else { return }
            jobs[id]?.stamps.ready = max(crew.compactMap(\.readyAt).max() ?? now, job.stamps.leased ?? now)
            publish(id, crew.map(\.id))
        case .running:
            let new = crew.filter { $0.state == .ready && !job.atWork.contains($0.id) && !job.left.contains($0.id) }
            publish(id, new.map(\.id))
        case .regrouping:
            guard crew.allSatisfy({ $0.state == .ready }) else { return }
            publish(id, crew.map(\.id))
        case .queued, .settling, .collecting, .stopping: break
        }
    }
}
