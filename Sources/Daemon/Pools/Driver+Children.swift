import Glibc
import Linux
import SystemPackage

/// A child without a pidfd to tell of its end: killed, and looked at now and then until it can be reaped.
struct Orphan {
    let pid: Int32
    /// Whose slots come back then; nil where that is done.
    let worker: WorkerRecord?
}

// How the driver hears of children that stop, and reaps those that nobody watches.
extension Driver {
    /// Hears from now on of children that stop, and at once of those that others have left.
    func watchChildren() throws(SystemError) {
        if childChanges != nil { return }
        let changes = try ChildChanges()
        try supervisor.events.add(changes.descriptor, key: Source.children.key)
        childChanges = changes
    }

    func hearChildren() {
        childChanges?.see()
        hearStops()
        // Those that are known have been reaped by now, if their ends were heard with this.
        sweepAt = Monotonic.now()
    }

    /// Kills a child of this process, if it is one, and sees to its being reaped.
    ///
    /// - Parameter worker: whose slots come back then.
    func bury(_ pid: Int32, _ worker: WorkerRecord? = nil) {
        if let worker {
            worker.isToBeKilled = true
            worker.handle = nil
        }
        if isReaped(Orphan(pid: pid, worker: worker)) { return }
        _ = Glibc.kill(pid, SIGKILL)
        orphans.append(Orphan(pid: pid, worker: worker))
        orphansSoon()
    }

    /// Reaps a child that has ended. True, too, where it is none of this process's.
    private func isReaped(_ orphan: Orphan) -> Bool {
        do {
            guard try reapChild(orphan.pid) != nil else { return false }
        } catch  where error.errno == .noChildProcess {
            // Nobody's slots come back too early: no child of another process could take one.
        } catch {
            return false
        }
        if let worker = orphan.worker { forget(worker, record(of: worker.runtime)?.startFailure) }
        return true
    }

    func keepOrphans(_ now: UInt64) {
        if let due = orphansAt, now >= due {
            orphansAt = nil
            orphans.removeAll(where: isReaped)
            for number in departing.keys.sorted() { hearZygoteEnd(number) }
            if !orphans.isEmpty || !departing.isEmpty { orphansSoon() }
        }
        if let due = sweepAt, now >= due {
            sweepAt = nil
            sweep()
        }
    }

    func orphansSoon() {
        if orphansAt == nil { orphansAt = Monotonic.now() + patience.lookNanoseconds }
    }

    func sweepSoon(after nanoseconds: UInt64 = Driver.sweepNanoseconds) {
        if sweepAt == nil { sweepAt = Monotonic.now() + nanoseconds }
    }

    /// Reaps children that nobody knows: those that were forked by a zygote that could not tell of it any more.
    func sweep() {
        // With an answer on its way, a stranger may be one of the family.
        if runtimes.contains(where: { $0.link?.owes == true }) { return sweepSoon(after: patience.lookNanoseconds) }
        let zygotes = runtimes.compactMap { $0.link?.process.pid } + departing.values.map { $0.process.pid }
        do {
            let isDone = try reapStrangers { pid in
                pids[pid] != nil || scriptPIDs[pid] != nil || zygotes.contains(pid)
                    || orphans.contains { $0.pid == pid }
            }
            // One that is known is in front of the others: it is about to be reaped.
            if !isDone { sweepSoon(after: patience.lookNanoseconds) }
        } catch {
            sweepSoon()
        }
    }
}
