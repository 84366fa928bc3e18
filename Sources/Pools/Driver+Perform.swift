import Glibc
import Ledger
import Linux
import Timing

let killSignal = SIGKILL

// What the driver does for the machine.
extension Driver {
    func perform(_ action: PoolMachine.Action) throws(SystemError) {
        switch action {
        case .fork(let process, let units, let exec): fork(process, units, exec: exec)
        case .startThreads(let process, let units): try startThreads(process, units)
        case .stopThreads(let process, let units): stopThreads(process, units)
        case .stopProcess(let process): stop(process)
        case .kill(let process):
            workers[process]?.isToBeKilled = true
            try workers[process]?.handle?.signal(killSignal)
        case .publish(let id, let units): publish(id, units)
        case .cancelTasks(let id): cancelTasks(of: id)
        case .settle(let id): settle(id)
        case .finished(let id): finish(id)
        case .ended(let id): end(id)
        case .warm: notice(.warm)
        }
    }

    // MARK: Processes and threads

    private func fork(_ id: ProcessID, _ units: [UnitID], exec: Bool) {
        let workerCount = units.reduce(0) { $0 + (machine.units[$1]?.workers ?? 0) }
        let kind = machine.processes[id]?.kind ?? .threads
        let hasForeman = kind.isThreads || workerCount > 1
        guard let head = freeSlots.popLast() else { return failToStart(id) }
        arena.slot(head).reset()
        if hasForeman {
            guard let chain = takeChain(for: units) else {
                freeSlots.append(head)
                return failToStart(id)
            }
            arena.slot(head).link.pointee = UInt32(chain)
        } else {
            for unit in units { slots[unit] = [head] }
            describe([head], for: units)
        }
        workers[id] = WorkerRecord(id: id, head: head)
        arena.header.starting.pointee.add(Int32(workerCount), ordering: .acquiringAndReleasing)
        post(for: kind.library).fork(id, slot: head, exec: exec)
    }

    private func failToStart(_ id: ProcessID) {
        notice(.trouble("no slot is left for another worker"))
        tell(.processGone(id, at: Monotonic.now()))
    }

    /// Slots for all workers of `units`, linked together; nil if there are too few.
    private func takeChain(for units: [UnitID]) -> Int? {
        let counts = units.map { machine.units[$0]?.workers ?? 0 }
        guard counts.reduce(0, +) <= freeSlots.count else { return nil }
        var chain: [Int] = []
        for (unit, count) in zip(units, counts) {
            let taken = Array(freeSlots.suffix(count).reversed())
            freeSlots.removeLast(count)
            for slot in taken { arena.slot(slot).reset() }
            slots[unit] = taken
            chain += taken
        }
        link(chain)
        describe(chain, for: units)
        return chain.first
    }

    private func link(_ chain: [Int]) {
        for (slot, next) in zip(chain, chain.dropFirst()) { arena.slot(slot).link.pointee = UInt32(next) }
        if let last = chain.last { arena.slot(last).link.pointee = Slot.none }
    }

    /// Says what is known of the workers before they are there.
    private func describe(_ chain: [Int], for units: [UnitID]) {
        guard let first = units.first.flatMap({ machine.units[$0] }) else { return }
        for slot in chain {
            arena.slot(slot).askedAt.pointee = first.askedAt
            arena.slot(slot).library.pointee = first.kind.library.rawValue
        }
    }

    func free(_ slot: Int) {
        arena.slot(slot).reset()
        freeSlots.append(slot)
    }

    private func startThreads(_ process: ProcessID, _ units: [UnitID]) throws(SystemError) {
        guard let worker = workers[process] else { return }
        guard let first = takeChain(for: units) else {
            notice(.trouble("no slot is left for another thread"))
            worker.isToBeKilled = true
            try worker.handle?.signal(killSignal)
            return
        }
        arena.header.starting.pointee.add(Int32(units.count), ordering: .acquiringAndReleasing)
        worker.orders.append((.startThreads, UInt64(first)))
        advance(worker)
    }

    private func stopThreads(_ process: ProcessID, _ units: [UnitID]) {
        guard let worker = workers[process] else { return }
        let chain = units.flatMap { slots[$0] ?? [] }
        guard let first = chain.first else { return }
        link(chain)
        worker.orders.append((.stopThreads, UInt64(first)))
        advance(worker)
    }

    private func stop(_ process: ProcessID) {
        guard let worker = workers[process] else { return }
        worker.orders.append((.leave, 0))
        advance(worker)
    }

    /// Gives a process's first thread its next order, if it has carried out the one before.
    func advance(_ worker: WorkerRecord) {
        guard !worker.orders.isEmpty else { return }
        let slot = arena.slot(worker.head)
        guard slot.isReady, slot.isIdle else { return }
        let (order, subject) = worker.orders.removeFirst()
        if slot.post(order, subject: subject) { slot.wake() }
    }

    // MARK: Jobs

    private func publish(_ id: JobID, _ units: [UnitID]) {
        guard let record = jobs[id], let row = machine.jobs[id] else { return }
        var crew: [Int] = []
        var seats: [Int] = []
        for unit in units {
            guard let seat = row.crew.firstIndex(of: unit), let own = slots[unit] else { continue }
            for (offset, slot) in own.enumerated() {
                crew.append(slot)
                seats.append(seat * own.count + offset)
            }
        }
        if record.isLease {
            // A replacement comes too late: the lease ended with the first of its workers that died.
            guard let answer = record.answer.take() else { return }
            let slots = crew.map(arena.slot)
            answer(.success(Lease(supervisor: supervisor, id: id, job: record.job, slots: slots)))
            return
        }
        // Workers that join while others are at it aren't counted: once one has died, everybody who leaves rings.
        if record.isToEnlist { record.job.enlist(crew.count) }
        record.isToEnlist = false
        if record.table == nil { machine.stampPublished(id, at: Monotonic.now()) }
        Pools.publish(record.job, to: crew.map(arena.slot), seats: seats)
    }

    /// Tells a job's tasks to stop: those that wait for what only their workload knows of are interrupted.
    private func cancelTasks(of id: JobID) {
        guard let record = jobs[id] else { return }
        record.job.cancel()
        for slot in machine.jobs[id]?.atWork.flatMap({ slots[$0] ?? [] }) ?? [] {
            let slot = arena.slot(slot)
            Interrupt.send(
                to: Int32(bitPattern: slot.tid.pointee),
                of: Int32(bitPattern: slot.owner.pointee.load(ordering: .relaxed)))
        }
    }

    /// Gives tasks that were left behind a terminal state, or lays them out for another round.
    private func settle(_ id: JobID) {
        guard let record = jobs[id], let row = machine.jobs[id] else { return }
        var policy = record.attempts.map { Settlement.Policy.rerun(attempts: $0) } ?? .lose
        if row.cancelled != nil { policy = .cancel }
        let settlement = settle(record, policy)
        record.loss.add(settlement)
        if let start = settlement.firstStart { record.firstStart = min(record.firstStart ?? start, start) }
        for _ in 0..<settlement.lost { _ = record.job.countFailure() }
        record.settledTasks = Int(record.job.plan.pointee.tasks) - settlement.again.count
        var again = settlement.again.count
        if again > 0, !layOut(settlement.again, for: record, crew: row.request.workers) {
            again = 0
            notice(.trouble("tasks of job \(id) are lost: there is no memory to run them again"))
            _ = settle(record, .cancel)
        }
        tell(.settled(id, again: again))
    }

    private func settle(_ record: JobRecord, _ policy: Settlement.Policy) -> Settlement {
        Settlement(
            record.job.records, generation: record.job.plan.pointee.generation, policy: policy, now: Monotonic.now(),
            deaths: record.deaths)
    }

    private func layOut(_ tasks: [UInt32], for record: JobRecord, crew: Int) -> Bool {
        if let old = record.table.take() { supervisor.giveBack(old) }
        let byteCount = tasks.count * MemoryLayout<UInt32>.stride
        guard let extent = supervisor.takeExtent(byteCount) else { return false }
        let table = arena.table(at: extent.lowerBound)
        for (index, task) in tasks.enumerated() { table[index] = task }
        record.table = extent
        record.isToEnlist = true
        record.job.reissue(table: extent.lowerBound..<(extent.lowerBound + byteCount), crew: crew)
        return true
    }

    private func finish(_ id: JobID) {
        guard let record = jobs[id], let row = machine.jobs[id] else { return }
        record.nextProgress = nil
        if record.isLease {
            tell(.collected(id, at: Monotonic.now()))
            return
        }
        let crew = row.crew.flatMap { unit -> [CrewMember?] in
            let none = [CrewMember?](repeating: nil, count: row.request.kind.workersPerUnit)
            return unit.flatMap { slots[$0] }?.map(member) ?? none
        }
        // In the order in which they ended, which the records don't tell.
        let ended = record.newlyEnded()
        if !ended.isEmpty { record.observer(.progress(state: row.state, done: done(in: id), ended: ended)) }
        // Those who were there when the job was handed out: what a replacement cost is not what the lease paid.
        let handedOut = row.stamps.ready ?? 0
        let present = crew.compactMap { $0 }.filter { $0.readyAt != 0 && $0.readyAt <= handedOut }
        let ready = present.map(\.readyAt).max() ?? 0
        record.observer(
            .finished(
                FinishedJob(
                    job: record.job, row: row, crew: crew,
                    startupPaid: present.map { $0.readyAt.since($0.askedAt) }.max() ?? 0, readyAt: ready,
                    firstStart: record.firstStart, loss: record.loss)))
    }

    private func member(_ number: Int) -> CrewMember {
        let slot = arena.slot(number)
        return CrewMember(
            pid: Int(slot.owner.pointee.load(ordering: .relaxed)), tid: Int(slot.tid.pointee),
            askedAt: slot.askedAt.pointee, readyAt: slot.readyAt.pointee.load(ordering: .relaxed))
    }

    private func end(_ id: JobID) {
        guard let record = jobs.removeValue(forKey: id), let row = machine.forget(id) else { return }
        supervisor.giveBack(record.extent)
        if let table = record.table { supervisor.giveBack(table) }
        record.answer.take()?(.failure(.draining))
        record.observer(.ended(row))
    }
}
