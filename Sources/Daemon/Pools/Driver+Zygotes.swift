import Ledger
import Linux
import Scheduling

// How the driver keeps zygotes, and has them fork.
extension Driver {
    /// Takes a domain in, whose workers ring from now on.
    func enter(_ domain: Domain) throws(SystemError) {
        if domains.contains(where: { $0 === domain }) { return }
        // Each ring is news: the event is never read.
        try supervisor.events.add(domain.bell.raw, key: Source.bell.key, onlyNews: true)
        try supervisor.events.add(domain.files.raw, key: Source.files(domains.count).key)
        domains.append(domain)
        seenNews.append(0)
        freeSlots.append(domain.slots.reversed())
        threads += Array(repeating: 0, count: domain.arena.slotCount)
    }

    /// Takes a runtime of a user's in.
    func add(_ runtime: Runtime, _ domain: Domain, replaces old: RuntimeID?) {
        do {
            try enter(domain)
            if runtime.isInterpreter { try watchChildren() }
        } catch {
            notice(.trouble("\(runtime.name) is given up: \(error)"))
            return supervisor.forget(runtime.id)
        }
        tell(.runtimeAdded(RuntimeRow(runtime), replaces: old))
    }

    /// The place among ``domains`` of the one with this slot.
    private func domainIndex(ofSlot slot: Int) -> Int { slot < domains[0].slots.upperBound ? 0 : 1 }

    /// A worker's slot, by its number among the slots of all domains.
    func slot(_ number: Int) -> Slot {
        let domain = domains[domainIndex(ofSlot: number)]
        return domain.arena.slot(number - domain.firstSlot)
    }

    /// Free slots for workers of a domain, in the order in which they are to be taken; nil while there are too few.
    func takeSlots(_ count: Int, of domain: Domain) -> [Int]? {
        let index = domainIndex(ofSlot: domain.firstSlot)
        guard freeSlots[index].count >= count else { return nil }
        let taken = Array(freeSlots[index].suffix(count).reversed())
        freeSlots[index].removeLast(count)
        for number in taken { slot(number).reset() }
        return taken
    }

    func free(_ number: Int) {
        slot(number).reset()
        threads[number] = 0
        unwoken.remove(number)
        freeSlots[domainIndex(ofSlot: number)].append(number)
    }

    /// What is known of a runtime; nil where that has never been needed, or is gone.
    func record(of id: RuntimeID) -> RuntimeRecord? {
        runtimes.first { $0.id == id }
    }

    /// Has a process started. Where the runtime has no zygote, one is started when the driver comes round.
    func fork(_ process: ProcessID, _ units: [UnitID], exec: Bool) {
        let kind = machine.processes[process]?.kind ?? .threads
        guard let record = neededRecord(of: kind.runtime) else {
            // The machine starts nothing of a runtime that is gone.
            return tell(.processGone(process, at: Monotonic.now(), reason: "its runtime is gone"))
        }
        let hasThreadHost = kind.isThreads || kind.workersPerUnit > 1
        workers[process] = WorkerRecord(
            id: process, runtime: kind.runtime, domain: record.domain, hasThreadHost: hasThreadHost, units: units)
        record.fork(process, exec: exec)
    }

    func neededRecord(of id: RuntimeID) -> RuntimeRecord? {
        if let record = record(of: id) { return record }
        guard let (runtime, domain) = supervisor.home(of: id) else { return nil }
        let record = RuntimeRecord(runtime, in: domain, patience: patience)
        runtimes.append(record)
        return record
    }

    /// Ends a runtime's zygote, and forgets the runtime.
    func remove(_ id: RuntimeID) {
        supervisor.forget(id)
        refuseScripts(of: id, "too many interpreters are in use")
        guard let place = runtimes.firstIndex(where: { $0.id == id }) else { return }
        let record = runtimes.remove(at: place)
        tellWaiters(of: record, isGone: true)
        dismissSpares(of: record)
        guard let link = record.vacate(nil, Monotonic.now()) else { return }
        if !link.unansweredScripts.isEmpty { sweepSoon() }
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
            if record.link == nil, mayStart, !record.isResting, now >= record.retryAt, !closing.isFinal {
                if isWanted(record) { fill(record) } else { rest(record) }
            }
            if record.hasForks, now >= record.pausedUntil { flushForks(of: record) }
            if !record.scripts.isEmpty || record.spareAt.map({ $0 <= now }) == true { flushScripts(of: record) }
        }
    }

    /// Whether a zygote is to be started. One that could not be is tried again for as long as somebody waits for it.
    private func isWanted(_ record: RuntimeRecord) -> Bool {
        if record.id == .native || record.brokenReason == nil || machine.isInUse(record.id) { return true }
        if !record.scripts.isEmpty { return true }
        record.dropForks { workers[$0] == nil }
        return record.hasForks
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

    /// Where the runtime's workers write as they crash; nil where they don't, or there is no such file.
    private func crashFile(for runtime: Runtime) -> Int32? {
        guard runtime.isInterpreter else { return nil }
        if crashes == nil {
            do {
                crashes = try CrashTexts()
            } catch {
                notice(.trouble("where workers crash won't be told: \(error)"))
            }
        }
        return crashes?.descriptor
    }

    func startZygote(of record: RuntimeRecord) throws(SystemError) {
        zygoteCount += 1
        let domain = record.domain
        domain.sign()
        let link = try ZygoteLink(
            record.runtime, number: zygoteCount,
            environment: record.runtime.environment.map { Variables($0 + [Supervisor.quietCrashes]) }
                ?? supervisor.configuration.environment,
            arena: domain.arena.descriptor, event: domain.bell.raw, files: domain.filesEnd.raw,
            more: domain.trust == .own ? supervisor.guardian.descriptor : crashFile(for: record.runtime))
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
        case .report(let report):
            record.report = report
            return supervisor.note(report, of: record.id)
        case .end: return lose(record)
        case .ping: break
        case .script(let process, let pid): adopt(process, pid: pid, of: record)
        case .refusal(let short):
            let reason = record.report?.refusal ?? short
            link.endsAsExpected = true
            record.refuse(reason)
            // Those who asked for it are told all of it.
            let line = reason.split(separator: "\n").first.map(String.init) ?? reason
            notice(.refused("\(record.runtime.name) can't be started: \(line)"))
            lose(record, reason)
            // What it has told of itself stays true until it changes: another one would say the same.
            if record.report?.refusal != nil { giveUpStarts(of: record) }
            return
        case .processes(let started):
            if record.domain.trust == .foreign,
                let stranger = started.first(where: { $0.pid > 0 && isStranger($0.pid, to: link.process.pid) })
            {
                let reason = "it tells of process \(stranger.pid), which it has not started"
                notice(.trouble("\(record.name), process \(link.process.pid), is killed: \(reason)"))
                record.refuse(reason)
                return lose(record, reason, besides: started.map(\.process))
            }
            noteFailures(among: started, of: record)
            for (id, pid) in started { adopt(id, pid: pid) }
        }
        record.hear()
        tellHealth(of: record)
        flushForks(of: record)
        flushScripts(of: record)
    }

    /// Nobody who waits for a process of this runtime gets one.
    private func giveUpStarts(of record: RuntimeRecord) {
        for worker in workers.values where worker.runtime == record.id && worker.handle == nil { withdraw(worker) }
        record.dropForks { workers[$0] == nil }
    }

    private func noteFailures(among started: [(process: ProcessID, pid: Int32)], of record: RuntimeRecord) {
        let failures = started.filter { $0.pid <= 0 }
        guard let first = failures.first else { return }
        let reason = SystemError("clone", .init(rawValue: -first.pid))
        notice(.forksFailed(count: failures.count, reason: "\(reason)"))
        record.noteStartFailure("\(reason)", Monotonic.now())
    }

    func hearZygoteEnd(_ number: Int) {
        if let record = record(ofZygote: number) {
            // What it has said last may be why.
            hearZygote(number)
            if record.link?.number == number { lose(record) }
        }
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
    ///
    /// - Parameter others: processes that it was asked for, too, and has given no good answer to.
    func lose(_ record: RuntimeRecord, _ reason: String? = nil, besides others: [ProcessID] = []) {
        guard let lost = record.vacate(reason, Monotonic.now()) else { return }
        let unanswered = others + lost.unanswered
        let spares = lost.unansweredScripts
        abandon(lost)
        dismissSpares(of: record)
        // Those that are there end by themselves.
        for process in spares { process.socket = nil }
        if !spares.isEmpty { sweepSoon() }
        // Before the machine hears of those that don't come: it would ask for others in their place.
        tellHealth(of: record)
        for id in unanswered {
            if let worker = workers[id], worker.handle == nil { withdraw(worker) }
        }
        if !unanswered.isEmpty { sweepSoon() }
    }

    /// Tells the machine when there is no zygote to be had, and when there is one again.
    private func tellHealth(of record: RuntimeRecord) {
        tellWaiters(of: record)
        if let reason = record.brokenReason {
            refuseScripts(of: record.id, reason)
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
                workers[fork.process]?.zygote = link.process.pid
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
        let domain = worker.domain
        if let head = worker.head { return .init(process: id, slot: domain.place(of: head), ticket: worker.ticket) }
        let workerCount = worker.units.reduce(0) { $0 + (machine.units[$1]?.workers ?? 0) }
        guard let head = takeSlots(1, of: domain)?.first else { return nil }
        if worker.hasThreadHost {
            guard let chain = takeChain(for: worker.units, of: domain) else {
                free(head)
                return nil
            }
            slot(head).link.pointee = domain.place(of: chain)
        } else {
            for unit in worker.units { slots[unit] = [head] }
            describe([head], for: worker.units)
        }
        nextTicket = nextTicket == .max ? 1 : nextTicket + 1
        worker.head = head
        worker.ticket = nextTicket
        slot(head).offer(ticket: nextTicket)
        expect(worker.units, of: worker, workers: workerCount)
        return .init(process: id, slot: domain.place(of: head), ticket: nextTicket)
    }

    /// Waits for units to come up.
    func expect(_ units: [UnitID], of worker: WorkerRecord, workers: Int) {
        let counter = worker.domain.arena.header.starting
        // What is left of starts that failed is forgotten, so that the last of these rings and no other.
        if starting.isEmpty { counter.pointee.store(0, ordering: .relaxed) }
        counter.pointee.wrappingAdd(Int32(workers), ordering: .acquiringAndReleasing)
        for unit in units { starting[unit] = worker }
        lookAgain()
    }
}
