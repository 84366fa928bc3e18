import Glibc
import Ledger
import Linux

// What the driver hears of processes, and sees in shared memory.
extension Driver {
    func hearZygote(at post: ZygotePost) throws(SystemError) {
        guard let zygote = post.link else { return }
        guard let answer = try zygote.answer() else {
            // It is of no use any more. Its pidfd tells when it has ended.
            try loop.remove(zygote.socket.raw)
            try zygote.process.signal(killSignal)
            return
        }
        post.hear(answer)
        guard case .processes(let started) = answer else { return }
        let failures = started.filter { $0.pid <= 0 }
        if let first = failures.first {
            let reason = SystemError("clone", .init(rawValue: -first.pid))
            notice(.forksFailed(count: failures.count, reason: "\(reason)"))
        }
        for (id, pid) in started { try adopt(id, pid: pid) }
    }

    /// Takes a forked process in, or notes that there is none.
    private func adopt(_ id: ProcessID, pid: Int32) throws(SystemError) {
        guard let worker = workers[id] else { return }
        if pid <= 0 {
            forget(worker, "\(SystemError("clone", .init(rawValue: -pid)))")
            return
        }
        do {
            worker.handle = try ProcessHandle(child: pid)
            try watch(worker)
        } catch {
            notice(.trouble("a worker process is given up: \(error)"))
            killChild(pid)
            forget(worker)
            return
        }
        if worker.isToBeKilled { try worker.handle?.signal(killSignal) }
    }

    /// A zygote is gone: settles which of the processes it was asked for exist, and has another started.
    func loseZygote(at post: ZygotePost) throws(SystemError) {
        guard let lost = post.link, let exit = try lost.process.reap() else { return }
        post.vacate(Monotonic.now())
        notice(.zygoteLost(pid: Int(lost.process.pid), exit: exit.description))
        for id in lost.unanswered {
            guard let worker = workers[id] else { continue }
            let owner = arena.slot(worker.head).owner
            let (isFree, pid) = owner.pointee.compareExchange(
                expected: 0, desired: Slot.revoked, ordering: .acquiringAndReleasing)
            if isFree {
                // A child that comes late finds its slot revoked; the slot is never used again.
                forget(worker, keepingHead: true, isBlameless: true)
            } else {
                try adopt(id, pid: Int32(bitPattern: pid))
            }
        }
    }

    func hearWorker(_ id: ProcessID) throws(SystemError) {
        guard let worker = workers[id], let exit = try worker.handle?.reap() else { return }
        endGroups(of: worker)
        let pid = worker.handle?.pid ?? 0
        if let process = machine.processes[id], !process.isStopping {
            notice(.workerLost(pid: Int(pid), pool: process.kind.name, exit: exit.description))
        }
        disturbJobs(of: id)
        forget(worker, "a worker ended with \(exit)")
        let zygotes = posts.compactMap(\.link)
        let known = Set(workers.values.compactMap { $0.handle?.pid } + zygotes.map { $0.process.pid })
        // With an answer on its way, a stranger may be one of the family.
        if zygotes.allSatisfy(\.unanswered.isEmpty) { try reapStrangers { known.contains($0) } }
    }

    /// Kills what a process that has died had started outside the pools and can't end any more. At once: the group's
    /// number is free when the last of it has ended.
    private func endGroups(of worker: WorkerRecord) {
        let units = machine.units.values.filter { $0.process == worker.id }
        for slot in Set(units.flatMap { slots[$0.id] ?? [] } + [worker.head]) {
            let group = pid_t(bitPattern: arena.slot(slot).group.pointee)
            if group > 1 { kill(-group, killSignal) }
            arena.slot(slot).group.pointee = 0
        }
    }

    /// Has everybody ring who is in a crew with the lost process, as the last one can't be told any more.
    private func disturbJobs(of process: ProcessID) {
        for unit in machine.units.values where unit.process == process {
            for slot in slots[unit.id] ?? [] {
                _ = arena.header.searcher.pointee.compareExchange(
                    expected: UInt32(slot) + 1, desired: 0, ordering: .acquiringAndReleasing)
            }
            guard let id = unit.job, let record = jobs[id] else { continue }
            if let pid = workers[process]?.handle?.pid { record.deaths[UInt32(pid)] = Monotonic.now() }
            record.job.disturbed.pointee.store(1, ordering: .sequentiallyConsistent)
            if record.isLease {
                record.job.finished.pointee.store(1, ordering: .sequentiallyConsistent)
                Futex.wake(record.job.finished)
            }
        }
    }

    /// Lets go of a process that has ended, or never was, and tells the machine.
    ///
    /// - Parameter reason: why it could not be started, where that is known.
    private func forget(
        _ worker: WorkerRecord, _ reason: String? = nil, keepingHead: Bool = false, isBlameless: Bool = false
    ) {
        workers[worker.id] = nil
        // It may have been one of those that are counted until they are up: from now on each of them rings.
        _ = arena.header.starting.pointee.exchange(0, ordering: .acquiringAndReleasing)
        for unit in machine.units.values.filter({ $0.process == worker.id }) {
            for slot in slots.removeValue(forKey: unit.id) ?? [] where slot != worker.head { free(slot) }
        }
        if !keepingHead { free(worker.head) }
        tell(isBlameless ? .processMissing(worker.id) : .processGone(worker.id, at: Monotonic.now(), reason: reason))
    }

    /// Looks for what workers say in shared memory.
    func look() {
        var ready: [UnitID: UInt64] = [:]
        var gone: [UnitID] = []
        for unit in machine.units.values {
            guard let slots = slots[unit.id]?.map(arena.slot) else { continue }
            if unit.state == .starting, slots.allSatisfy(\.isReady) {
                ready[unit.id] = slots.map { $0.readyAt.pointee.load(ordering: .acquiring) }.max()
            } else if unit.state == .stopping, slots.allSatisfy({ $0.goneAt.pointee.load(ordering: .acquiring) != 0 }) {
                gone.append(unit.id)
            }
        }
        if !ready.isEmpty { tell(.unitsReady(ready)) }
        if !gone.isEmpty { forgetThreads(gone.sorted()) }
        for worker in workers.values { advance(worker) }
        for job in machine.jobs.values where job.state == .running && jobs[job.id]?.isLease == false {
            // Those that have just come up are handed the job first.
            if job.units.contains(where: { ready[$0] != nil }) { continue }
            let slots = job.atWork.flatMap { self.slots[$0] ?? [] }
            let hasLeft = !slots.isEmpty && slots.allSatisfy { arena.slot($0).isIdle }
            tellHalt(of: job.id, hasLeft: hasLeft)
            if hasLeft { tell(.crewLeft(job.id)) }
        }
    }

    /// Tells the machine of a job that its workers have halted: at once where those at a task are to stop, and else when
    /// they have left, so that the job can be cancelled until then.
    private func tellHalt(of id: JobID, hasLeft: Bool) {
        guard let job = jobs[id]?.job, job.halted.pointee.load(ordering: .sequentiallyConsistent) != 0 else { return }
        if hasLeft {
            tell(.halted(id))
        } else if job.plan.pointee.haltsNow != 0 {
            tell(.cancel(id, .halt))
        }
    }

    private func forgetThreads(_ units: [UnitID]) {
        var last: UInt64 = 0
        for slot in units.flatMap({ slots.removeValue(forKey: $0) ?? [] }) {
            last = max(last, arena.slot(slot).goneAt.pointee.load(ordering: .acquiring))
            free(slot)
        }
        tell(.unitsGone(units, at: last))
    }

    /// Tells observers how far their jobs are.
    func report(_ now: UInt64) {
        for (id, record) in jobs {
            guard let due = record.nextProgress, now >= due, let row = machine.jobs[id] else { continue }
            record.nextProgress = record.progressNanoseconds.map { now + $0 }
            if row.state != .stopping {
                record.observer(.progress(state: row.state, done: done(in: id), ended: record.newlyEnded()))
            }
        }
    }

    /// How many of a job's tasks have ended, as far as can be seen while its workers are at it.
    func done(in id: JobID) -> Int {
        guard let row = machine.jobs[id], let record = jobs[id] else { return 0 }
        let current = row.units.flatMap { slots[$0] ?? [] }.reduce(0) {
            $0
                + (arena.slot($1).subject.pointee == UInt64(record.extent.lowerBound)
                    ? Int(arena.slot($1).done.pointee.load(ordering: .relaxed)) : 0)
        }
        return min(Int(record.job.plan.pointee.tasks), record.settledTasks + current)
    }

    var snapshot: Snapshot {
        var pids: [PoolKind: [Int]] = [:]
        for process in machine.processes.values.sorted(by: { $0.id < $1.id }) {
            guard let pid = workers[process.id]?.handle?.pid else { continue }
            pids[process.kind, default: []].append(Int(pid))
        }
        let done = Dictionary(uniqueKeysWithValues: machine.jobs.keys.map { ($0, self.done(in: $0)) })
        return Snapshot(
            machine: machine, pids: pids, done: done,
            zygotePIDs: Dictionary(uniqueKeysWithValues: posts.map { ($0.library, Int($0.link?.process.pid ?? 0)) }))
    }
}
