import Glibc
import Ledger
import Linux
import Scheduling

// What the driver does for clients' leases: their workers get the stream's files, and what dead ones have left is settled.
extension Driver {
    /// Requests for files that are answered until others get their turn.
    private static let filesAtOnce = 64

    /// Answers workers of a domain that ask for the files of the lease they are at. Others have none.
    func hearFiles(_ place: Int) {
        guard domains.indices.contains(place) else { return }
        for _ in 0..<Self.filesAtOnce {
            guard let asked = FileRequest.next(domains[place].files) else { return }
            // A process of ours, as the kernel says, one of whose workers is at this very job.
            guard let stream = jobs[asked.number]?.stream, let process = pids[asked.pid],
                workers[process]?.units.contains(where: { machine.units[$0]?.job == asked.number }) == true
            else { continue }
            FileRequest.answer(asked, with: stream.workerFiles)
        }
    }

    /// Settles what a process that has ended had claimed of leases' tasks, and tells their clients.
    ///
    /// - Returns: how many tasks it had begun and not ended.
    func settleStreams(of worker: WorkerRecord, _ exit: Exit?, isOutOfMemory: Bool) -> Int {
        guard let pid = worker.handle?.pid else { return 0 }
        var seats: [JobID: [Int]] = [:]
        for unit in worker.units {
            guard let row = machine.units[unit], let id = row.job, jobs[id]?.stream != nil else { continue }
            seats[id, default: []] += (0..<row.workers).map { row.seat * row.workers + $0 }
        }
        let words = Self.words(exit, isOutOfMemory: isOutOfMemory)
        var begun = 0
        for (id, own) in seats.sorted(by: { $0.key < $1.key }) {
            guard let record = jobs[id], let stream = record.stream else { continue }
            let settlement = stream.settle(
                deathOf: UInt32(pid), seats: own, attempts: record.attempts ?? 1,
                failure: TaskFailure(exit, isOutOfMemory: isOutOfMemory), at: Monotonic.now())
            record.loss.add(settlement)
            begun += settlement.lost + settlement.reruns
            note(firstStart: settlement.firstStart, of: record)
            record.loss.note(lost: settlement.lost, by: words)
            record.observer(
                .workerLost(
                    LostWorker(
                        pid: Int(pid), seat: own.min() ?? 0, exit: words, isOutOfMemory: isOutOfMemory,
                        lost: settlement.lost, reruns: settlement.reruns)))
        }
        return begun
    }

    /// Whether the system has killed a process of the daemon's for want of memory since this was last asked.
    func isOutOfMemory() -> Bool {
        guard let kills = supervisor.configuration.memoryKills?() else { return false }
        defer { seenMemoryKills = kills }
        return kills > (seenMemoryKills ?? 0)
    }

    private func note(firstStart: UInt64?, of record: JobRecord) {
        guard let start = firstStart, let row = machine.jobs[record.id] else { return }
        let bounded = min(max(start, row.stamps.accepted), Monotonic.now())
        record.firstStart = min(record.firstStart ?? bounded, bounded)
    }

    // MARK: Idle workers that others wait for

    /// Units that are idle at leases, with their workers, of each lease all but one: those that others might have.
    var idleAtLeases: (units: [(job: JobID, unit: UnitID)], count: Int) {
        if leaseCount == 0 { return ([], 0) }
        var found: [(job: JobID, unit: UnitID)] = []
        var count = 0
        for id in machine.runningJobs.sorted() {
            guard jobs[id]?.stream != nil, let row = machine.jobs[id] else { continue }
            var left = row.atWork.subtracting(recalled).count
            for unit in row.atWork.sorted(by: >) where left > 1 && !recalled.contains(unit) {
                guard let own = slots[unit], own.allSatisfy({ isIdleAtLease(slot($0)) }) else { continue }
                left -= 1
                count += own.count
                found.append((id, unit))
            }
        }
        return (found, count)
    }

    private func isIdleAtLease(_ slot: Slot) -> Bool {
        slot.parked.pointee.load(ordering: .sequentiallyConsistent) == Slot.idleAtLease
    }

    /// Has as many idle workers leave their leases as others wait for.
    func recallIdle() {
        let wanted = machine.heldWanted
        if wanted == 0, !wantsIdle { return }
        wantsIdle = wanted > 0
        for domain in domains {
            domain.arena.header.wantsIdle.pointee.store(wantsIdle ? 1 : 0, ordering: .sequentiallyConsistent)
        }
        var left = wanted - recalled.reduce(0) { $0 + (slots[$1]?.count ?? 0) }
        if left <= 0 { return }
        for (id, unit) in idleAtLeases.units where left > 0 {
            guard let own = slots[unit], let row = machine.units[unit] else { continue }
            recalled.insert(unit)
            left -= own.count
            for (offset, number) in own.enumerated() {
                slot(number).recalled.pointee.store(1, ordering: .sequentiallyConsistent)
                jobs[id]?.stream?.wakeWorker(at: row.seat * row.workers + offset)
            }
        }
    }

    /// Tells the machine of units that have left a lease as they were to.
    func takeBack(from row: JobRow) {
        let left = row.atWork.filter { unit in
            recalled.contains(unit) && slots[unit]?.allSatisfy { slot($0).isIdle } == true
        }.sorted()
        if left.isEmpty { return }
        recalled.subtract(left)
        tell(.unitsLeft(row.id, left))
    }

    /// The whole crew of a lease has left: for good, or until others come.
    func settleStream(_ record: JobRecord, isOver: Bool) {
        if isOver {
            record.loss.cancelled += record.stream?.settleAll(at: Monotonic.now()) ?? 0
        } else {
            record.isToEnlist = true
        }
        // As long as its client is there, there may be more to do.
        tell(.settled(record.id, again: isOver ? 0 : 1))
    }
}
