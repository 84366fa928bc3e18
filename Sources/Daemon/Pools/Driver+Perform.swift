import Ledger
import Linux
import Scheduling
import Synchronization

// What the driver does for the machine with processes and threads.
extension Driver {
    func perform(_ action: PoolMachine.Action) {
        switch action {
        case .fork(let process, let units, let exec): fork(process, units, exec: exec)
        case .startThreads(let process, let units): startThreads(process, units)
        case .stopThreads(let process, let units): stopThreads(process, units)
        case .stopProcess(let process): stop(process)
        case .kill(let process):
            guard let worker = workers[process] else { return }
            // Those who have left were not seen leaving, as foreign code may have taken their ring.
            if isSpared(worker) { lookAgain() } else { kill(worker) }
        case .killUnlessBusy(let process):
            if let worker = workers[process], !isBusy(worker) { kill(worker) }
        case .publish(let id, let units): publish(id, units)
        case .assign(let id, let unit): assign(id, to: unit)
        case .withdraw(let unit): withdraw(from: unit)
        case .goneOn(let id, let unit): goneOn(id, unit)
        case .cancelTasks(let id): cancelTasks(of: id)
        case .settle(let id): settle(id)
        case .finished(let id): finish(id)
        case .ended(let id): end(id)
        case .removeRuntime(let id): remove(id)
        case .warm: notice(.warm)
        }
    }

    /// Slots for all workers of `units`, linked together; nil if there are too few.
    func takeChain(for units: [UnitID], of domain: Domain) -> Int? {
        let counts = units.map { machine.units[$0]?.workers ?? 0 }
        guard let chain = takeSlots(counts.reduce(0, +), of: domain) else { return nil }
        var left = chain[...]
        for (unit, count) in zip(units, counts) {
            slots[unit] = Array(left.prefix(count))
            left = left.dropFirst(count)
        }
        link(chain, of: domain)
        describe(chain, for: units)
        return chain.first
    }

    private func link(_ chain: [Int], of domain: Domain) {
        for (number, next) in zip(chain, chain.dropFirst()) { slot(number).link.pointee = domain.place(of: next) }
        if let last = chain.last { slot(last).link.pointee = Slot.none }
    }

    /// Says what is known of the workers before they are there.
    func describe(_ chain: [Int], for units: [UnitID]) {
        guard let first = units.first.flatMap({ machine.units[$0] }) else { return }
        for number in chain { slot(number).askedAt.pointee = first.askedAt }
    }

    private func startThreads(_ process: ProcessID, _ units: [UnitID]) {
        guard let worker = workers[process] else { return }
        worker.units += units
        // It has not been asked for yet, and comes with them.
        if worker.head == nil { return }
        guard let first = takeChain(for: units, of: worker.domain) else {
            notice(.trouble("no slot is left for another thread"))
            return kill(worker)
        }
        expect(units, of: worker, workers: units.count)
        if worker.handle != nil {
            startDeadlines.add(units, due: Monotonic.now() + patience.workerNanoseconds)
        }
        order(.startThreads, UInt64(worker.domain.place(of: first)), of: worker)
    }

    private func stopThreads(_ process: ProcessID, _ units: [UnitID]) {
        guard let worker = workers[process] else { return }
        let chain = units.flatMap { slots[$0] ?? [] }
        // Nothing of them is there yet, and nothing of what is there is lost.
        guard worker.handle != nil, let first = chain.first else { return kill(worker) }
        link(chain, of: worker.domain)
        stopping.formUnion(units)
        order(.stopThreads, UInt64(worker.domain.place(of: first)), of: worker)
    }

    private func stop(_ process: ProcessID) {
        guard let worker = workers[process] else { return }
        // One that isn't up has nothing to finish.
        guard worker.handle != nil, let head = worker.head, slot(head).isReady else { return kill(worker) }
        order(.leave, 0, of: worker)
    }

    private func order(_ order: Slot.Order, _ subject: UInt64, of worker: WorkerRecord) {
        worker.orders.append((order, subject))
        ordered.insert(worker.id)
        advance(worker)
    }

    /// Gives a process's first thread its next order, if it has carried out the one before.
    func advance(_ worker: WorkerRecord) {
        guard !worker.orders.isEmpty, let head = worker.head else { return }
        let slot = slot(head)
        guard slot.isReady, slot.isIdle else { return }
        let (order, subject) = worker.orders.removeFirst()
        if worker.orders.isEmpty { ordered.remove(worker.id) }
        if slot.post(order, subject: subject), !slot.wake() { wakeLater(head) }
    }

    /// A crew is killed for those of it that are stuck at a task, and not for the ones that have left it.
    private func isSpared(_ worker: WorkerRecord) -> Bool {
        guard machine.processes[worker.id]?.isStopping == false else { return false }
        var isAtWork = false
        for unit in worker.units {
            guard let row = machine.units[unit] else { continue }
            if row.state == .stopping { return false }
            guard let job = row.job, machine.jobs[job]?.atWork.contains(unit) == true else { continue }
            isAtWork = true
            if !hasLeft(unit, jobs[job]) { return false }
        }
        return isAtWork
    }

    /// Whether something of a process is at a task, which would be lost with it.
    func isBusy(_ worker: WorkerRecord) -> Bool {
        worker.units.contains { unit in
            guard let row = machine.units[unit], row.state == .ready, let id = row.job, let job = machine.jobs[id],
                job.cancelled == nil, job.atWork.contains(unit)
            else { return false }
            // Who is at a lease may have nothing to do.
            if let stream = jobs[id]?.stream { return stream.isAtTask(UInt32(worker.handle?.pid ?? 0)) }
            return !hasLeft(unit, jobs[id])
        }
    }

    // MARK: Wake-ups that failed

    /// Wakes a worker that the kernel would not wake, when it is tried again.
    func wakeLater(_ slot: Int) {
        unwoken.insert(slot)
        lookAgain()
    }

    func wakeAgain() {
        if unwoken.isEmpty { return }
        unwoken = unwoken.filter { !slot($0).wake() }
        if !unwoken.isEmpty { lookAgain() }
    }

    func lookAgain() {
        let next = Monotonic.now() + Self.againNanoseconds
        lookAt = min(lookAt ?? next, next)
    }
}
