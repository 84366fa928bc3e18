import Ledger
import Linux
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
            if let worker = workers[process], !isSpared(worker) { kill(worker) }
        case .publish(let id, let units): publish(id, units)
        case .cancelTasks(let id): cancelTasks(of: id)
        case .settle(let id): settle(id)
        case .finished(let id): finish(id)
        case .ended(let id): end(id)
        case .removeRuntime(let id): remove(id)
        case .warm: notice(.warm)
        }
    }

    private func fork(_ id: ProcessID, _ units: [UnitID], exec: Bool) {
        let kind = machine.processes[id]?.kind ?? .threads
        let hasForeman = kind.isThreads || kind.workersPerUnit > 1
        workers[id] = WorkerRecord(id: id, runtime: kind.runtime, hasForeman: hasForeman, units: units)
        fork(id, of: kind.runtime, exec: exec)
    }

    /// Slots for all workers of `units`, linked together; nil if there are too few.
    func takeChain(for units: [UnitID]) -> Int? {
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
    func describe(_ chain: [Int], for units: [UnitID]) {
        guard let first = units.first.flatMap({ machine.units[$0] }) else { return }
        for slot in chain {
            arena.slot(slot).askedAt.pointee = first.askedAt
        }
    }

    private func startThreads(_ process: ProcessID, _ units: [UnitID]) {
        guard let worker = workers[process] else { return }
        worker.units += units
        // It has not been asked for yet, and comes with them.
        if worker.head == nil { return }
        guard let first = takeChain(for: units) else {
            notice(.trouble("no slot is left for another thread"))
            return kill(worker)
        }
        expect(units, of: worker, workers: units.count)
        if worker.handle != nil {
            startDeadlines.add(units, due: Monotonic.now() + patience.workerNanoseconds)
        }
        order(.startThreads, UInt64(first), of: worker)
    }

    private func stopThreads(_ process: ProcessID, _ units: [UnitID]) {
        guard let worker = workers[process] else { return }
        let chain = units.flatMap { slots[$0] ?? [] }
        // Nothing of them is there yet, and nothing of what is there is lost.
        guard worker.handle != nil, let first = chain.first else { return kill(worker) }
        link(chain)
        stopping.formUnion(units)
        order(.stopThreads, UInt64(first), of: worker)
    }

    private func stop(_ process: ProcessID) {
        guard let worker = workers[process] else { return }
        // One that isn't up has nothing to finish.
        guard worker.handle != nil, let head = worker.head, arena.slot(head).isReady else { return kill(worker) }
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
        let slot = arena.slot(head)
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
            if let own = slots[unit], !own.allSatisfy({ arena.slot($0).isIdle }) { return false }
        }
        return isAtWork
    }

    // MARK: Wake-ups that failed

    /// Wakes a worker that the kernel would not wake, when it is tried again.
    func wakeLater(_ slot: Int) {
        unwoken.insert(slot)
        lookAgain()
    }

    func wakeAgain() {
        if unwoken.isEmpty { return }
        unwoken = unwoken.filter { !arena.slot($0).wake() }
        if !unwoken.isEmpty { lookAgain() }
    }

    func lookAgain() {
        let next = Monotonic.now() + Self.againNanoseconds
        lookAt = min(lookAt ?? next, next)
    }
}
