import Catalogue
import Ledger
import Linux

// How the driver keeps zygotes, and has them fork.
extension Driver {
    /// The post of the zygote for workers with this library. A new one is filled when the driver comes round.
    func post(for library: Library) -> ZygotePost {
        if let post = posts.first(where: { $0.library == library }) { return post }
        let post = ZygotePost(for: library, patience: patience)
        posts.append(post)
        return post
    }

    /// Starts zygotes where none is, and gives up those that are ill.
    func keepZygotes(_ now: UInt64) {
        for post in posts {
            if let illness = post.illness(now), let link = post.link {
                notice(.trouble("\(post.name), process \(link.process.pid), is killed: \(illness)"))
                lose(post, illness)
            }
            if post.link == nil, now >= post.retryAt, !closing.isFinal { fill(post) }
            if post.hasForks, now >= post.pausedUntil { flushForks(of: post) }
        }
    }

    /// Starts a zygote, or puts it off for a while when that fails.
    private func fill(_ post: ZygotePost) {
        do {
            try startZygote(at: post)
        } catch {
            putOff(post, error)
        }
    }

    func putOff(_ post: ZygotePost, _ error: SystemError) {
        // A child may have been started, and killed again.
        sweepSoon()
        post.putOff("\(error)", Monotonic.now())
        notice(.trouble("\(post.name) can't be started: \(error)"))
        tellHealth(of: post)
    }

    func startZygote(at post: ZygotePost) throws(SystemError) {
        let configuration = supervisor.configuration
        let isPlain = post.library == .none
        zygoteCount += 1
        let link = try ZygoteLink(
            post.library, number: zygoteCount,
            path: isPlain ? configuration.zygotePath : configuration.libraryZygotePath,
            arguments: isPlain ? [] : [post.library.name], environment: configuration.environment,
            arena: arena.descriptor, event: supervisor.bell.raw, guardian: supervisor.guardian.descriptor)
        do {
            try supervisor.events.add(link.descriptor, key: Source.zygote(link.number).key)
            try supervisor.events.add(link.process.pidfd, key: Source.zygoteEnd(link.number).key)
            _ = try link.ping()
        } catch {
            abandon(link)
            throw error
        }
        post.fill(with: link)
        notice(.zygoteStarted(pid: Int(link.process.pid)))
        flushForks(of: post)
    }

    /// Kills a zygote, whose end is awaited.
    private func abandon(_ link: ZygoteLink) {
        link.giveUp()
        departing[link.number] = link
        orphansSoon()
    }

    private func post(of number: Int) -> ZygotePost? {
        posts.first { $0.link?.number == number }
    }

    func hearZygote(_ number: Int) {
        guard let post = post(of: number), let link = post.link else { return }
        let answer: ZygoteLink.Answer
        do {
            answer = try link.answer()
        } catch {
            notice(.trouble("\(post.name), process \(link.process.pid), is killed: \(error)"))
            return lose(post, "\(error)")
        }
        switch answer {
        case .none: return
        case .end: return lose(post)
        case .ping: break
        case .processes(let started):
            noteFailures(among: started, at: post)
            for (id, pid) in started { adopt(id, pid: pid) }
        }
        post.hear()
        tellHealth(of: post)
        flushForks(of: post)
    }

    private func noteFailures(among started: [(process: ProcessID, pid: Int32)], at post: ZygotePost) {
        let failures = started.filter { $0.pid <= 0 }
        guard let first = failures.first else { return }
        let reason = SystemError("clone", .init(rawValue: -first.pid))
        notice(.forksFailed(count: failures.count, reason: "\(reason)"))
        post.noteStartFailure("\(reason)", Monotonic.now())
    }

    func hearZygoteEnd(_ number: Int) {
        if let post = post(of: number) { lose(post) }
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
        posts.first { $0.library == link.library }?.explain(exit)
        if !closing.isFinal { notice(.zygoteLost(pid: Int(link.process.pid), exit: exit)) }
    }

    /// A zygote is of no use any more, or gone: settles which of the processes it was asked for exist. Another is started
    /// when the driver comes round.
    func lose(_ post: ZygotePost, _ reason: String? = nil) {
        guard let lost = post.vacate(reason, Monotonic.now()) else { return }
        let unanswered = lost.unanswered
        abandon(lost)
        for id in unanswered {
            if let worker = workers[id], worker.handle == nil { withdraw(worker) }
        }
        if !unanswered.isEmpty { sweepSoon() }
        tellHealth(of: post)
    }

    /// Tells the machine when there is no zygote to be had, and when there is one again.
    private func tellHealth(of post: ZygotePost) {
        if let reason = post.brokenReason {
            if !post.isToldBroken { tell(.runtimeBroken(post.library, reason: reason)) }
            post.isToldBroken = true
        } else if post.isToldBroken {
            post.isToldBroken = false
            tell(.runtimeMended(post.library))
        }
    }

    // MARK: Forks

    /// Sends off the forks that were asked for, as far as the zygote takes them now.
    func flushForks(of post: ZygotePost) {
        guard post.hasForks, let link = post.link, Monotonic.now() >= post.pausedUntil else { return }
        while link.hasRoom {
            let batch = post.takeForks(atMost: ZygoteProtocol.requestLimit) { workers[$0] != nil }
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
                post.putBack(batch)
                // Most likely it has ended, which is about to be heard.
                return lose(post, "\(error)")
            }
            if isTaken {
                post.putBack(batch.dropFirst(orders.count))
            } else {
                post.putBack(batch)
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
