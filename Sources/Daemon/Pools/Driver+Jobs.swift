import Ledger
import Linux
import Scheduling
import Timing

// What the driver does with jobs, and sees of them in shared memory.
extension Driver {
    // MARK: Looking

    /// Looks for what workers say in shared memory.
    func look(_ now: UInt64) {
        lookAt = nil
        for index in domains.indices { seenNews[index] = domains[index].news }
        wakeAgain()
        lookAtStarting(Array(starting.keys), now)
        // The last one to come up rings, and one of another runtime may take long.
        if !starting.isEmpty { lookAgain() }
        lookAtStopping(now)
        for id in ordered { if let worker = workers[id] { advance(worker) } }
        for id in machine.runningJobs { lookAtCrew(of: id) }
        // One that others wait for may have fallen asleep. Who has just left is at it for the machine until it has been told.
        if wantsIdle, events.isEmpty { recallIdle() }
    }

    private func lookAtStopping(_ now: UInt64) {
        if stopping.isEmpty { return }
        let gone = stopping.filter { unit in
            slots[unit]?.allSatisfy { slot($0).goneAt.pointee.load(ordering: .acquiring) != 0 } == true
        }.sorted()
        if gone.isEmpty { return }
        var last: UInt64 = 0
        var hosts: Set<ProcessID> = []
        for unit in gone {
            stopping.remove(unit)
            if let host = machine.units[unit]?.process { hosts.insert(host) }
            for slot in slots.removeValue(forKey: unit) ?? [] {
                last = max(last, min(self.slot(slot).goneAt.pointee.load(ordering: .acquiring), now))
                free(slot)
            }
        }
        let left = Set(gone)
        for host in hosts { workers[host]?.units.removeAll { left.contains($0) } }
        tell(.unitsGone(gone, at: last))
    }

    private func lookAtCrew(of id: JobID) {
        guard let row = machine.jobs[id], let record = jobs[id] else { return }
        if let lease = record.lease, !lease.isOver { return }
        if held[id] != nil { return }
        if !recalled.isEmpty, record.stream != nil { takeBack(from: row) }
        var isAnybodyThere = false
        for unit in row.atWork {
            guard slots[unit] != nil else { continue }
            isAnybodyThere = true
            if !hasLeft(unit, record) {
                if record.lease == nil { tellHalt(of: record, hasLeft: false) } else { lookAgain() }
                return
            }
        }
        // Those that have just come up are handed the job first.
        guard isAnybodyThere, !isAnybodyComing(to: row) else { return }
        tellLeft(record)
    }

    /// Tells the machine that nobody is at a job any more.
    func tellLeft(_ record: JobRecord) {
        if record.lease == nil { tellHalt(of: record, hasLeft: true) }
        noteWork(on: record)
        tell(.crewLeft(record.id))
    }

    /// Whether all workers of a unit have left a job, as far as they were told of it; also where there are none.
    func hasLeft(_ unit: UnitID, _ record: JobRecord?) -> Bool {
        guard let own = slots[unit] else { return true }
        if let order = record?.order { return own.allSatisfy { slot($0).hasFinished(order) } }
        return own.allSatisfy { slot($0).isIdle }
    }

    /// Whether a worker of the job's crew is up and has not been handed the job yet.
    private func isAnybodyComing(to row: JobRow) -> Bool {
        if !events.contains(where: { if case .unitsReady = $0 { true } else { false } }) { return false }
        return row.units.contains { starting[$0] == nil && machine.units[$0]?.state == .starting }
    }

    /// Tells the machine of a job that its workers have halted: at once where those at a task are to stop, and else when
    /// they have left, so that the job can be cancelled until then.
    private func tellHalt(of record: JobRecord, hasLeft: Bool) {
        guard record.view.isHalted else { return }
        if hasLeft {
            tell(.halted(record.id))
        } else if record.view.plan.haltsNow != 0 {
            tell(.cancel(record.id, .halt))
        }
    }

    /// How many of a job's tasks have ended, as far as can be seen while its workers are at it.
    func done(in id: JobID) -> Int {
        guard let row = machine.jobs[id], let record = jobs[id] else { return 0 }
        if record.stream != nil { return record.loss.lost + record.view.endedInStream }
        let tasks = record.view.tasks
        var done = record.settledTasks
        for slot in row.units.lazy.flatMap({ self.slots[$0] ?? [] }).map(self.slot)
        where slot.subject.pointee == UInt64(record.memory.extent.lowerBound) {
            done += min(tasks, Int(clamping: slot.done.pointee.load(ordering: .relaxed)))
        }
        return min(tasks, done)
    }

    /// Whether tasks of a job have begun that have not ended, or whose beginning can't be seen from here.
    func isAnyTaskUnderWay(in id: JobID) -> Bool {
        guard let record = jobs[id], record.stream == nil, record.lease == nil else { return true }
        let left = record.view.tasks - record.settledTasks
        let begun = min(left, Int(clamping: record.job.next.pointee.load(ordering: .relaxed)))
        return record.settledTasks + begun > done(in: id)
    }

    // MARK: Handing out

    func publish(_ id: JobID, _ units: [UnitID]) {
        guard let record = jobs[id], let row = machine.jobs[id] else { return }
        let wanted = units.count == row.crew.count ? nil : Set(units)
        var crew: [CrewSlot] = []
        var numbers: [Int] = []
        var seats: [Int] = []
        for (seat, unit) in row.crew.enumerated() {
            guard let unit, wanted?.contains(unit) != false, let own = slots[unit] else { continue }
            for (offset, slot) in own.enumerated() {
                crew.append(CrewSlot(slot: self.slot(slot), thread: threads[slot]))
                numbers.append(slot)
                seats.append(seat * own.count + offset)
            }
        }
        if let hold = record.lease {
            // A replacement comes too late: the lease ended with the first of its workers that died.
            guard let answer = record.answer.take() else { return }
            answer(
                .success(
                    Lease(
                        supervisor: supervisor, id: id, arena: record.memory.domain.arena, job: record.job, crew: crew,
                        hold: hold)))
            return
        }
        // Workers that join while others are at it aren't counted: once one has died, everybody who leaves rings.
        if record.isToEnlist { record.job.enlist(crew.count) }
        record.isToEnlist = false
        // The crew of a lease comes and goes.
        if record.stream != nil {
            record.job.disturbed.pointee.store(1, ordering: .sequentiallyConsistent)
            for slot in numbers { self.slot(slot).recalled.pointee.store(0, ordering: .releasing) }
        }
        // Once: workers come to a lease, and back to it, as long as that goes on.
        if !record.isHandedOut { machine.stampPublished(id, at: Monotonic.now()) }
        record.isHandedOut = true
        hasPublished = true
        let (_, unwoken) = Pools.publish(
            record.job, to: crew, seats: seats, staysPut: record.view.plan.staysPut != 0)
        record.order = crew.count == 1 && row.crew.count == 1 ? crew[0].slot.lastNumber : nil
        record.isAssigned = false
        for index in unwoken { wakeLater(numbers[index]) }
    }

    /// Tells a job's tasks to stop: those that wait for what only their workload knows of are interrupted.
    func cancelTasks(of id: JobID) {
        guard let record = jobs[id] else { return }
        if record.lease != nil { endLease(record) }
        record.job.cancel()
        record.stream?.wakeWorkers()
        for unit in machine.jobs[id]?.atWork ?? [] {
            // Who has left it may be at another one.
            if assigned[unit] != nil { withdraw(from: unit) }
            if record.order != nil, hasLeft(unit, record) { continue }
            guard let process = machine.units[unit]?.process, let pid = workers[process]?.handle?.pid else { continue }
            for slot in slots[unit] ?? [] where threads[slot] != 0 { Interrupt.send(to: threads[slot], of: pid) }
        }
    }

    // MARK: Leases

    /// Ends a lease. Its workers come back once they have left its last job, and its holder has noticed.
    func endLease(_ record: JobRecord) {
        guard let lease = record.lease, !lease.isOver else { return }
        if lease.finish() { held[record.id] = HeldMemory() }
        record.job.cancel()
        record.job.finished.pointee.store(1, ordering: .sequentiallyConsistent)
        Futex.wake(record.job.finished)
        lookAgain()
    }

    /// The holder of a lease uses its workers no more.
    func release(_ id: JobID) {
        if let held = held.removeValue(forKey: id) {
            for slot in held.slots { free(slot) }
        }
        guard let record = jobs[id], let lease = record.lease else { return }
        lease.finish()
        lookAt = 0
    }

    // MARK: The end

    /// Has tasks that were left behind get a terminal state, or be laid out for another round: of a large job elsewhere, as each
    /// of its records is looked at.
    func settle(_ id: JobID) {
        guard let record = jobs[id], let row = machine.jobs[id] else { return }
        if record.stream != nil { return settleStream(record, isOver: row.cancelled != nil) }
        var policy = record.attempts.map { Settlement.Policy.rerun(attempts: $0) } ?? .lose
        if row.cancelled != nil { policy = .cancel }
        let old = record.table.take()
        let now = Monotonic.now()
        let work: @Sendable () -> SettledJob = {
            [view = record.view, memory = record.memory, policy, deaths = record.deaths, supervisor] in
            SettledJob(view, memory, policy, now: now, deaths: deaths, old: old, supervisor)
        }
        if record.view.tasks > Self.settledInTurn {
            do {
                return try SystemThread.detached(named: "par-settle") { [supervisor] in
                    supervisor.send(.settled(id, work()))
                }
            } catch {
                notice(.trouble("a large job is settled where others wait: \(error)"))
            }
        }
        take(work(), of: id)
    }

    /// Jobs of up to so many tasks take less time than starting a thread.
    private static let settledInTurn = 1 << 14

    /// Takes in how a job's tasks were settled.
    func take(_ job: SettledJob, of id: JobID) {
        guard let record = jobs[id], let row = machine.jobs[id] else { return }
        let settlement = job.settlement
        record.loss.add(settlement)
        if let start = settlement.firstStart {
            let bounded = min(max(start, row.stamps.accepted), Monotonic.now())
            record.firstStart = min(record.firstStart ?? bounded, bounded)
        }
        for _ in 0..<settlement.lost { record.view.countFailure() }
        record.settledTasks = record.view.tasks - job.again
        guard let table = job.table else {
            if job.again > 0 {
                notice(.trouble("tasks of job \(id) are lost: there is no memory to run them again"))
            }
            return tell(.settled(id, again: 0))
        }
        record.table = table
        record.isToEnlist = true
        let size = job.again * MemoryLayout<UInt32>.stride
        record.job.reissue(table: table.lowerBound..<(table.lowerBound + size), crew: row.request.workers)
        tell(.settled(id, again: job.again))
    }

    func finish(_ id: JobID) {
        guard let record = jobs[id], let row = machine.jobs[id] else { return }
        record.nextProgress = nil
        // What tasks have left behind is this process's child from the first interpreter on, and may have ended.
        if domains.count > 1 { sweepSoon() }
        if record.lease != nil {
            tell(.collected(id, at: Monotonic.now()))
            return
        }
        // Where its workers have left by themselves, nothing has been settled.
        if let stream = record.stream { record.loss.cancelled += stream.settleAll(at: Monotonic.now()) }
        // A job that ended while it waited has the seats that it asked for, and nobody in them.
        let seats = row.crew.isEmpty ? [UnitID?](repeating: nil, count: row.request.units) : row.crew
        var crew: [CrewMember?] = []
        crew.reserveCapacity(row.request.workers)
        for unit in seats {
            if unit.map({ appendMembers(of: $0, to: &crew) }) == true { continue }
            for _ in 0..<row.request.kind.workersPerUnit { crew.append(nil) }
        }
        // Those who were there when the job was handed out: what a replacement cost is not what the lease paid.
        let handedOut = row.stamps.ready ?? 0
        var startupPaid = 0
        var ready: UInt64 = 0
        for case let member? in crew where member.readyAt != 0 && member.readyAt <= handedOut {
            startupPaid = max(startupPaid, member.readyAt.since(member.askedAt))
            ready = max(ready, member.readyAt)
        }
        record.observer(
            .finished(
                FinishedJob(
                    view: record.view, memory: record.memory, row: row, crew: crew,
                    startupPaid: startupPaid, readyAt: ready, firstStart: record.firstStart, loss: record.loss,
                    report: self.record(of: row.request.kind.runtime)?.report)))
    }

    /// Appends the workers of a unit.
    ///
    /// - Returns: whether it is there.
    private func appendMembers(of unit: UnitID, to crew: inout [CrewMember?]) -> Bool {
        guard let own = slots[unit], let row = machine.units[unit] else { return false }
        let pid = Int(workers[row.process]?.handle?.pid ?? 0)
        for slot in own {
            let ready = row.readyAt.map { min($0, readyTime(slot, $0)) } ?? 0
            let begun = self.slot(slot).begunAt.pointee
            crew.append(
                CrewMember(
                    pid: pid, tid: Int(threads[slot]), askedAt: row.askedAt, readyAt: ready,
                    begunAt: begun == 0 ? 0 : min(max(begun, row.askedAt), max(ready, row.askedAt)),
                    delayed: self.slot(slot).delayed.pointee))
        }
        return true
    }

    func end(_ id: JobID) {
        guard let record = jobs.removeValue(forKey: id), let row = machine.forget(id) else { return }
        if record.stream != nil { leaseCount -= 1 }
        record.memory.retain()
        if held[id] != nil { held[id]?.memory = record.memory }
        if let table = record.table { supervisor.giveBack(table, of: record.memory.domain) }
        record.answer.take()?(.failure(.draining))
        ended.append((record, row))
    }

    /// Tells of the jobs that have ended, once workers have got what they are to do next: what follows takes longer than a short
    /// job, and wakes clients, who would take the processor from workers, and from this thread.
    func tellEnded() {
        let told = ended
        ended = []
        for (record, row) in told { record.observer(.ended(row)) }
    }
}
