import Ledger
import Linux

// How the driver keeps zygotes, and has them fork.
extension Driver {
    /// What is known of a runtime; nil where that has never been needed, or is gone.
    func record(of id: RuntimeID) -> RuntimeRecord? {
        runtimes.first { $0.id == id }
    }

    /// Has a process started. Where the runtime has no zygote, one is started when the driver comes round.
    func fork(_ process: ProcessID, of id: RuntimeID, exec: Bool) {
        if let record = record(of: id) { return record.fork(process, exec: exec) }
        guard let runtime = supervisor.runtime(id) else {
            // The machine starts nothing of a runtime that is gone.
            tell(.processGone(process, at: Monotonic.now(), reason: "its runtime is gone"))
            workers[process] = nil
            return
        }
        let record = RuntimeRecord(runtime, patience: patience)
        runtimes.append(record)
        record.fork(process, exec: exec)
    }

    /// Ends a runtime's zygote, and forgets the runtime.
    func remove(_ id: RuntimeID) {
        supervisor.forget(id)
        guard let place = runtimes.firstIndex(where: { $0.id == id }) else { return }
        let record = runtimes.remove(at: place)
        guard let link = record.vacate(nil, Monotonic.now()) else { return }
        link.endsAsExpected = true
        abandon(link)
    }

    /// Starts zygotes where none is, and gives up those that are ill.
    func keepZygotes(_ now: UInt64) {
        for record in runtimes {
            if let illness = record.illness(now), let link = record.link {
                notice(.trouble("\(record.name), process \(link.process.pid), is killed: \(illness)"))
                lose(record, illness)
            }
            if record.link == nil, !record.isResting, now >= record.retryAt, !closing.isFinal {
                if isWanted(record) { fill(record) } else { rest(record) }
            }
            if record.hasForks, now >= record.pausedUntil { flushForks(of: record) }
        }
    }

    /// Whether a zygote is to be started. One that could not be is tried again for as long as somebody waits for it.
    private func isWanted(_ record: RuntimeRecord) -> Bool {
        record.id == .native || record.hasForks || record.brokenReason == nil || machine.isInUse(record.id)
    }

    private func rest(_ record: RuntimeRecord) {
        record.rest()
        tellHealth(of: record)
    }

    /// Starts a zygote, or puts it off for a while when that fails.
    private func fill(_ record: RuntimeRecord) {
        do {
            try startZygote(of: record)
        } catch {
            putOff(record, error)
        }
    }

    func putOff(_ record: RuntimeRecord, _ error: SystemError) {
        // A child may have been started, and killed again.
        sweepSoon()
        record.putOff("\(error)", Monotonic.now())
        notice(.trouble("\(record.name) can't be started: \(error)"))
        tellHealth(of: record)
    }

    func startZygote(of record: RuntimeRecord) throws(SystemError) {
        let configuration = supervisor.configuration
        zygoteCount += 1
        let link = try ZygoteLink(
            record.runtime, number: zygoteCount, environment: configuration.environment, arena: arena.descriptor,
            event: supervisor.bell.raw, guardian: supervisor.guardian.descriptor)
        do {
            try supervisor.events.add(link.descriptor, key: Source.zygote(link.number).key)
            try supervisor.events.add(link.process.pidfd, key: Source.zygoteEnd(link.number).key)
            _ = try link.ping()
        } catch {
            abandon(link)
            throw error
        }
        record.fill(with: link)
        notice(.zygoteStarted(pid: Int(link.process.pid)))
        flushForks(of: record)
    }

    /// Kills a zygote, whose end is awaited.
    private func abandon(_ link: ZygoteLink) {
        link.giveUp()
        departing[link.number] = link
        orphansSoon()
    }

    private func record(ofZygote number: Int) -> RuntimeRecord? {
        runtimes.first { $0.link?.number == number }
    }

    func hearZygote(_ number: Int) {
        guard let record = record(ofZygote: number), let link = record.link else { return }
        let answer: ZygoteLink.Answer
        do {
            answer = try link.answer()
        } catch {
            notice(.trouble("\(record.name), process \(link.process.pid), is killed: \(error)"))
            return lose(record, "\(error)")
        }
        switch answer {
        case .none: return
        case .end: return lose(record)
        case .ping: break
        case .refusal(let reason):
            link.endsAsExpected = true
            record.refuse(reason)
            notice(.trouble("\(record.runtime.name) can't be started: \(reason)"))
            return lose(record, reason)
        case .processes(let started):
            noteFailures(among: started, of: record)
            for (id, pid) in started { adopt(id, pid: pid) }
        }
        record.hear()
        tellHealth(of: record)
        flushForks(of: record)
    }

    private func noteFailures(among started: [(process: ProcessID, pid: Int32)], of record: RuntimeRecord) {
        let failures = started.filter { $0.pid <= 0 }
        guard let first = failures.first else { return }
        let reason = SystemError("clone", .init(rawValue: -first.pid))
        notice(.forksFailed(count: failures.count, reason: "\(reason)"))
        record.noteStartFailure("\(reason)", Monotonic.now())
    }

    func hearZygoteEnd(_ number: Int) {
        if let record = record(ofZygote: number) { lose(record) }
        guard let link = departing[number] else { return }
        let exit: String
        do {
            guard let end = try link.process.reap() else { return }
            exit = "\(end)"
        } catch {
            exit = "an exit that can't be told: \(error)"
            bury(link.process.pid)
        }
        departing[number] = nil
        record(of: link.runtime)?.explain(exit)
        if !closing.isFinal, !link.endsAsExpected { notice(.zygoteLost(pid: Int(link.process.pid), exit: exit)) }
    }

    /// A zygote is of no use any more, or gone: settles which of the processes it was asked for exist. Another is started
    /// when the driver comes round.
    func lose(_ record: RuntimeRecord, _ reason: String? = nil) {
        guard let lost = record.vacate(reason, Monotonic.now()) else { return }
        let unanswered = lost.unanswered
        abandon(lost)
        for id in unanswered {
            if let worker = workers[id], worker.handle == nil { withdraw(worker) }
        }
        if !unanswered.isEmpty { sweepSoon() }
        tellHealth(of: record)
    }

    /// Tells the machine when there is no zygote to be had, and when there is one again.
    private func tellHealth(of record: RuntimeRecord) {
        if let reason = record.brokenReason {
            if !record.isToldBroken { tell(.runtimeBroken(record.id, reason: reason)) }
            record.isToldBroken = true
        } else if record.isToldBroken {
            record.isToldBroken = false
            tell(.runtimeMended(record.id))
        }
    }

    // MARK: Forks

    /// Sends off the forks that were asked for, as far as the zygote takes them now.
    func flushForks(of record: RuntimeRecord) {
        guard record.hasForks, let link = record.link, Monotonic.now() >= record.pausedUntil else { return }
        while link.hasRoom {
            let batch = record.takeForks(atMost: ZygoteProtocol.requestLimit) { workers[$0] != nil }
            guard let first = batch.first else { return }
            var orders: [ZygoteLink.Order] = []
            for fork in batch {
                guard let order = prepare(fork.process) else { break }
                orders.append(order)
            }
            var isTaken = false
            do {
                isTaken = try orders.isEmpty ? false : link.request(orders, exec: first.exec)
            } catch {
                record.putBack(batch)
                // Most likely it has ended, which is about to be heard.
                return lose(record, "\(error)")
            }
            if isTaken {
                record.putBack(batch.dropFirst(orders.count))
            } else {
                record.putBack(batch)
                return
            }
        }
    }

    /// Lays out the slots of a process that is about to be asked for. Nil while too few are free.
    private func prepare(_ id: ProcessID) -> ZygoteLink.Order? {
        guard let worker = workers[id] else { return nil }
        if let head = worker.head { return .init(process: id, slot: head, ticket: worker.ticket) }
        let workerCount = worker.units.reduce(0) { $0 + (machine.units[$1]?.workers ?? 0) }
        guard freeSlots.count > workerCount, let head = freeSlots.popLast() else { return nil }
        arena.slot(head).reset()
        if worker.hasForeman {
            guard let chain = takeChain(for: worker.units) else {
                freeSlots.append(head)
                return nil
            }
            arena.slot(head).link.pointee = UInt32(chain)
        } else {
            for unit in worker.units { slots[unit] = [head] }
            describe([head], for: worker.units)
        }
        nextTicket = nextTicket == .max ? 1 : nextTicket + 1
        worker.head = head
        worker.ticket = nextTicket
        arena.slot(head).offer(ticket: nextTicket)
        expect(worker.units, of: worker, workers: workerCount)
        return .init(process: id, slot: head, ticket: nextTicket)
    }

    /// Waits for units to come up.
    func expect(_ units: [UnitID], of worker: WorkerRecord, workers: Int) {
        let counter = arena.header.starting
        // What is left of starts that failed is forgotten, so that the last of these rings and no other.
        if starting.isEmpty { counter.pointee.store(0, ordering: .relaxed) }
        counter.pointee.wrappingAdd(Int32(workers), ordering: .acquiringAndReleasing)
        for unit in units { starting[unit] = worker }
    }
}
