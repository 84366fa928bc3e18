import Glibc
import Ledger
import Linux
import Scheduling
import SystemPackage

// How worker processes come and go.
extension Driver {
    // MARK: Coming

    /// Takes a forked process in, or notes that there is none.
    func adopt(_ id: ProcessID, pid: Int32) {
        guard let worker = workers[id] else {
            // Given up meanwhile. It finds its slot taken back and ends by itself, or now.
            if pid > 0 { bury(pid) }
            return
        }
        if worker.handle != nil { return }
        // Somebody has written another's number into the slot.
        if pids[pid] != nil || isZygote(pid) || pid == supervisor.guardian.pid {
            return forget(worker, isBlameless: true)
        }
        if pid > 0, worker.domain.trust == .foreign, isStranger(pid, to: worker.zygote) {
            return forget(worker, "its slot was taken by another process")
        }
        if pid <= 0 { return forget(worker, "\(SystemError("clone", Errno(rawValue: -pid)))") }
        do {
            let handle = try ProcessHandle(child: pid)
            try supervisor.events.add(handle.pidfd, key: Source.worker(id).key)
            worker.handle = consume handle
        } catch {
            notice(.trouble("a worker process is given up: \(error)"))
            record(of: worker.runtime)?.noteStartFailure("\(error)", Monotonic.now())
            return bury(pid, worker)
        }
        pids[pid] = id
        startDeadlines.add(worker.units, due: Monotonic.now() + patience.workerNanoseconds)
        if worker.isToBeKilled { return kill(worker) }
        // It may have rung before it was known.
        lookAtStarting(worker.units, Monotonic.now())
    }

    /// Whether this process is none that the zygote has started: all that it forks are born in its group. What foreign code
    /// says of others is no reason to end them.
    ///
    /// One that is not there any more may have been a worker that was given up while it started: it was found in its slot, killed
    /// and reaped before the zygote came to tell of it.
    func isStranger(_ pid: Int32, to zygote: Int32) -> Bool {
        let group = getpgid(pid)
        return group >= 0 && group != zygote
    }

    func isZygote(_ pid: Int32) -> Bool {
        runtimes.contains { $0.link?.process.pid == pid } || departing.values.contains { $0.process.pid == pid }
    }

    /// Looks which of these units have come up, and tells the machine.
    func lookAtStarting(_ units: some Sequence<UnitID>, _ now: UInt64) {
        var ready: [UnitID: UInt64] = [:]
        for unit in units {
            // Nobody works whose end could not be seen.
            guard let worker = starting[unit], worker.handle != nil, let own = slots[unit],
                own.allSatisfy({ slot($0).isReady })
            else { continue }
            var last: UInt64 = 0
            for slot in own {
                last = max(last, readyTime(slot, now))
                let tid = Int32(bitPattern: self.slot(slot).tid.pointee)
                threads[slot] = worker.handle?.hasThread(tid) == true ? tid : 0
            }
            ready[unit] = last
        }
        guard !ready.isEmpty else { return }
        for unit in ready.keys {
            if let worker = starting.removeValue(forKey: unit) { record(of: worker.runtime)?.noteStart() }
        }
        tell(.unitsReady(ready))
    }

    /// When a slot's worker came up, as far as it can be true.
    func readyTime(_ slot: Int, _ now: UInt64) -> UInt64 {
        min(self.slot(slot).readyAt.pointee.load(ordering: .acquiring), now)
    }

    /// Kills processes of which something has not come up in time.
    func killLateStarters(_ now: UInt64) {
        for unit in startDeadlines.takeDue(now) {
            guard let worker = starting[unit], !worker.isToBeKilled else { continue }
            if isBusy(worker) {
                // A thread that is to come up may have to wait for another one, as for an interpreter's lock.
                startDeadlines.add([unit], due: now + patience.workerNanoseconds)
                continue
            }
            let reason = "it was not up after \(patience.workerNanoseconds / 1_000_000_000) s"
            notice(.trouble("worker process \(worker.handle?.pid ?? 0) is killed: \(reason)"))
            record(of: worker.runtime)?.noteStartFailure(reason, now)
            kill(worker)
        }
    }

    /// Kills workers that a signal has stopped between two tasks: they can neither begin one nor leave, so that their job would
    /// never end. One that is stopped at a task is the task's own affair, as a debugger may have done that.
    func killStopped(_ now: UInt64) {
        guard let due = stoppedAt else {
            if !jobs.isEmpty { stoppedAt = now + patience.stoppedNanoseconds }
            return
        }
        guard now >= due else { return }
        stoppedAt = jobs.isEmpty ? nil : now + patience.stoppedNanoseconds
        var found: Set<UnitID> = []
        for id in machine.runningJobs {
            let stream = jobs[id]?.stream
            if stream == nil, isAnyTaskUnderWay(in: id) { continue }
            for unit in machine.jobs[id]?.atWork ?? [] {
                guard let process = machine.units[unit]?.process, let worker = workers[process],
                    !hasLeft(unit, jobs[id]), worker.handle?.isStopped == true
                else { continue }
                if let pid = worker.handle?.pid, stream?.isAtTask(UInt32(pid)) == true { continue }
                found.insert(unit)
                if !foundStopped.contains(unit) || worker.isToBeKilled { continue }
                notice(.trouble("worker process \(worker.handle?.pid ?? 0) is killed: a signal has stopped it"))
                kill(worker)
            }
        }
        foundStopped = found
    }

    // MARK: Going

    /// Kills a process, also one that may not be there yet.
    func kill(_ worker: WorkerRecord) {
        worker.isToBeKilled = true
        if worker.handle == nil { withdraw(worker) } else { worker.handle?.kill() }
    }

    /// Gives a process up that its zygote has not told of: at once, unless it has taken its slot.
    func withdraw(_ worker: WorkerRecord) {
        guard let head = worker.head, let pid = slot(head).withdraw(ticket: worker.ticket) else {
            return forget(worker, isBlameless: true)
        }
        adopt(worker.id, pid: pid)
    }

    func hearWorker(_ id: ProcessID) {
        guard let worker = workers[id], let pid = worker.handle?.pid else { return }
        var exit: Exit?
        do {
            guard let end = try worker.handle?.reap() else { return }
            exit = end
        } catch {
            notice(.trouble("how process \(pid) has ended can't be told: \(error)"))
            // It has ended, or its pidfd would not be readable; its number stays taken until it is reaped.
            bury(pid)
        }
        lose(worker, exit: exit)
    }

    /// A process has ended.
    private func lose(_ worker: WorkerRecord, exit end: Exit?) {
        let back = worker.units.flatMap { takeBackOrders(of: $0) }
        let isOutOfMemory = end == .signal(SIGKILL) && !worker.isToBeKilled && isOutOfMemory()
        let exit = Self.words(end, isOutOfMemory: isOutOfMemory)
        // It has done its part, and another is to take its place.
        let isRenewal = end == .code(ZygoteProtocol.renewalExitCode)
        endCommands(of: worker)
        let isUp = worker.units.contains { starting[$0] == nil }
        let isBlameless = isRenewal && isUp && !worker.isToBeKilled
        if let process = machine.processes[worker.id], !process.isStopping, !isBlameless {
            notice(.workerLost(pid: Int(worker.handle?.pid ?? 0), pool: machine.name(of: process.kind), exit: exit))
            if !isUp, !worker.isToBeKilled {
                record(of: worker.runtime)?.noteStartFailure("a worker ended with \(exit)", Monotonic.now())
            }
        }
        disturbJobs(of: worker, exit: exit, crash: crash(of: worker, end))
        let hasWorked = settleStreams(of: worker, end, isOutOfMemory: isOutOfMemory) > 0 || hasWorked(worker)
        forget(
            worker, worker.isToBeKilled ? record(of: worker.runtime)?.startFailure : "a worker ended with \(exit)",
            isBlameless: isBlameless, hasWorked: hasWorked, withdrawn: back)
        // It may have left children, and where this process is the first one, they are its own.
        sweepSoon()
    }

    /// How a worker has ended, for people.
    static func words(_ exit: Exit?, isOutOfMemory: Bool) -> String {
        let words = exit.map { "\($0)" } ?? "an exit that can't be told"
        return isOutOfMemory ? words + ", out of memory" : words
    }

    /// Where a process was as it crashed, if it has said so.
    private func crash(of worker: WorkerRecord, _ exit: Exit?) -> String? {
        guard let crashes, let pid = worker.handle?.pid, case .signal = exit else { return nil }
        return crashes.take(of: pid)
    }

    /// Whether a process has begun a task of the job that it was at, as far as can be seen. Of one that was at none, nobody
    /// knows better.
    private func hasWorked(_ worker: WorkerRecord) -> Bool {
        worker.units.allSatisfy { unit in
            guard let id = jobAtHand(of: unit), let record = jobs[id], record.lease == nil, starting[unit] == nil
            else { return true }
            if record.stream == nil { return record.job.next.pointee.load(ordering: .relaxed) > 0 }
            return slots[unit]?.contains { slot($0).done.pointee.load(ordering: .relaxed) > 0 } == true
        }
    }

    /// Has the guardian end what a process that has died had started and can't end any more.
    ///
    /// The number is what the worker has written, and perhaps others: it can only be meant for commands of this daemon.
    private func endCommands(of worker: WorkerRecord) {
        // Foreign workers run no commands; a number of theirs would be another's.
        if worker.domain.trust == .foreign { return }
        for slot in worker.units.flatMap({ slots[$0] ?? [] }).map(slot) {
            let command = slot.command.pointee
            if command == 0 { continue }
            slot.command.pointee = 0
            supervisor.guardian.end(command)
        }
    }

    /// Has everybody ring who is in a crew with the lost process, as the last one can't be told any more.
    private func disturbJobs(of worker: WorkerRecord, exit: String, crash: String?) {
        for unit in worker.units {
            for slot in slots[unit] ?? [] {
                _ = worker.domain.arena.header.searcher.pointee.compareExchange(
                    expected: worker.domain.place(of: slot) + 1, desired: 0, ordering: .acquiringAndReleasing)
            }
            guard let id = jobAtHand(of: unit), let record = jobs[id] else { continue }
            if let pid = worker.handle?.pid {
                record.deaths[UInt32(pid)] = Monotonic.now()
                record.loss.note(exit, crash: crash, of: UInt32(pid))
            }
            record.job.disturbed.pointee.store(1, ordering: .sequentiallyConsistent)
            if record.lease != nil {
                // Its holder was promised these workers and no others.
                endLease(record)
                tell(.cancel(id, .request))
            }
        }
    }

    /// Lets go of a process that has ended, or never was, and tells the machine.
    ///
    /// - Parameters:
    ///   - reason: why it ended, where that is known.
    ///   - hasWorked: whether it had begun a task of its job.
    ///   - withdrawn: jobs that its units had been given beside their own and had not begun.
    func forget(
        _ worker: WorkerRecord, _ reason: String? = nil, isBlameless: Bool = false, hasWorked: Bool = true,
        withdrawn: [JobID] = []
    ) {
        guard workers.removeValue(forKey: worker.id) != nil else { return }
        if let pid = worker.handle?.pid { pids[pid] = nil }
        ordered.remove(worker.id)
        // It may have been one of those that are counted until they are up: from now on each of them rings.
        if worker.head != nil {
            worker.domain.arena.header.starting.pointee.store(0, ordering: .sequentiallyConsistent)
        }
        for unit in worker.units {
            starting[unit] = nil
            stopping.remove(unit)
            recalled.remove(unit)
            assigned[unit] = nil
            let own = slots.removeValue(forKey: unit) ?? []
            free(own.filter { $0 != worker.head }, of: unit)
            if !worker.hasThreadHost { free(own, of: unit) }
        }
        if worker.hasThreadHost, let head = worker.head { free(head) }
        // Those that came up between have not rung.
        if !starting.isEmpty { lookAt = 0 }
        tell(
            isBlameless
                ? .processMissing(worker.id, withdrawn: withdrawn)
                : .processGone(
                    worker.id, at: Monotonic.now(), reason: reason, hasWorked: hasWorked, withdrawn: withdrawn))
    }

    /// Frees the slots of a unit, unless the holder of a lease that is over may still write into them.
    private func free(_ own: [Int], of unit: UnitID) {
        if let id = machine.units[unit]?.job, held[id] != nil {
            held[id]?.slots += own
        } else {
            for slot in own { free(slot) }
        }
    }
}

/// What the driver knows of a worker process beside what the machine does: its units, its slots, its handle, its orders.
final class WorkerRecord {
    let id: ProcessID
    let runtime: RuntimeID
    let domain: Domain
    /// Whether its first thread is a thread host, with a slot beside those of its units.
    let hasThreadHost: Bool
    /// Its units, oldest first.
    var units: [UnitID]
    /// The slot of its first thread: a worker's, or the thread host's. Nil until it has been asked for.
    var head: Int?
    /// With which the slot was offered to it.
    var ticket: UInt32 = 0
    /// The process of the zygote that was asked for it, which leads the group that its forks are born in.
    var zygote: Int32 = 0
    /// Nil until the zygote has told of it.
    var handle: ProcessHandle?
    var isToBeKilled = false
    /// Orders for the thread host that wait until it has carried out the one before.
    var orders: [(order: Slot.Order, subject: UInt64)] = []

    init(id: ProcessID, runtime: RuntimeID, domain: Domain, hasThreadHost: Bool, units: [UnitID]) {
        self.id = id
        self.runtime = runtime
        self.domain = domain
        self.hasThreadHost = hasThreadHost
        self.units = units
    }
}
