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
    func settleStreams(of worker: WorkerRecord, _ exit: Exit?) {
        guard let pid = worker.handle?.pid else { return }
        var seats: [JobID: [Int]] = [:]
        for unit in worker.units {
            guard let row = machine.units[unit], let id = row.job, jobs[id]?.stream != nil else { continue }
            seats[id, default: []] += (0..<row.workers).map { row.seat * row.workers + $0 }
        }
        if seats.isEmpty { return }
        let isOutOfMemory = exit == .signal(SIGKILL) && !worker.isToBeKilled && isOutOfMemory()
        var words = exit.map { "\($0)" } ?? "an exit that can't be told"
        if isOutOfMemory { words += ", out of memory" }
        for (id, own) in seats.sorted(by: { $0.key < $1.key }) {
            guard let record = jobs[id], let stream = record.stream else { continue }
            let settlement = stream.settle(
                deathOf: UInt32(pid), seats: own, attempts: record.attempts ?? 1,
                failure: TaskFailure(exit, isOutOfMemory: isOutOfMemory), at: Monotonic.now())
            record.loss.add(settlement)
            note(firstStart: settlement.firstStart, of: record)
            record.loss.note(lost: settlement.lost, by: words)
            record.observer(
                .workerLost(
                    LostWorker(
                        pid: Int(pid), seat: own.min() ?? 0, exit: words, isOutOfMemory: isOutOfMemory,
                        lost: settlement.lost, reruns: settlement.reruns)))
        }
    }

    /// Whether the system has killed a process of the daemon's for want of memory since this was last asked.
    private func isOutOfMemory() -> Bool {
        guard let kills = supervisor.configuration.memoryKills?() else { return false }
        defer { seenMemoryKills = kills }
        return kills > (seenMemoryKills ?? 0)
    }

    private func note(firstStart: UInt64?, of record: JobRecord) {
        guard let start = firstStart, let row = machine.jobs[record.id] else { return }
        let bounded = min(max(start, row.stamps.accepted), Monotonic.now())
        record.firstStart = min(record.firstStart ?? bounded, bounded)
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
