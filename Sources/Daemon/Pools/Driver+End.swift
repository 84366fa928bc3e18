import Glibc
import Linux
import Scheduling

/// How far the driver's end has come.
enum Closing {
    /// It goes on.
    case no
    /// Jobs may finish until then.
    case draining(until: UInt64)
    /// Jobs have been cancelled, and their tasks may notice until then.
    case cancelling(until: UInt64)
    /// Everything has been killed, and may be gone until then.
    case killing(until: UInt64)

    var until: UInt64? {
        switch self {
        case .no: nil
        case .draining(let until), .cancelling(let until), .killing(let until): until
        }
    }

    /// Whether no zygote is wanted any more.
    var isFinal: Bool { if case .killing = self { true } else { false } }
}

// What time asks of the driver, and how it ends.
extension Driver {
    /// Does what it is time for.
    func keepUp(_ now: UInt64) {
        killLateStarters(now)
        killStopped(now)
        keepZygotes(now)
        keepOrphans(now)
        if let until = closing.until, now >= until { close(now) }
    }

    /// Gives memory back that no job has used for a while. Where the system won't have it, the next jobs will.
    func trim(_ now: UInt64) {
        guard jobs.isEmpty, supervisor.isTrimmable else {
            trimAt = nil
            return
        }
        guard let due = trimAt else {
            trimAt = now + Self.trimNanoseconds
            return
        }
        guard now >= due else { return }
        trimAt = now + Self.trimNanoseconds
        guard supervisor.canTrim else { return }
        do throws(SystemError) {
            try SystemThread.detached(named: "par-trim") { [supervisor, notice] in
                do {
                    try supervisor.trim()
                } catch {
                    notice(.trouble("memory of jobs that have ended is kept: \(error)"))
                }
            }
        } catch {
            // It is tried again.
        }
    }

    /// How long jobs may take to come until their memory is given back.
    private static let trimNanoseconds: UInt64 = 2_000_000_000

    /// Goes on to the last step once all jobs and workers have left.
    func closeIfDone() {
        switch closing {
        case .no, .killing: break
        case .draining, .cancelling:
            if machine.jobs.isEmpty, workers.isEmpty, scripts.isEmpty {
                killAll(Monotonic.now())
            }
        }
    }

    /// Whether there is nothing left to wait for.
    var isOver: Bool {
        guard closing.isFinal else { return false }
        let isGone =
            machine.jobs.isEmpty && workers.isEmpty && scripts.isEmpty && scriptProcesses.isEmpty && departing.isEmpty
            && orphans.isEmpty
        return isGone || closing.until.map { Monotonic.now() >= $0 } == true
    }

    private func close(_ now: UInt64) {
        switch closing {
        case .no, .killing: break
        case .draining: cancelAll(now)
        case .cancelling: killAll(now)
        }
    }

    /// Jobs have had their time. So have the workers that are at none.
    private func cancelAll(_ now: UInt64) {
        closing = .cancelling(until: now + machine.policy.cancelGraceNanoseconds + patience.lookNanoseconds)
        for id in machine.jobs.keys.sorted() { tell(.cancel(id, .shutdown)) }
        signalScripts(SIGTERM)
        for worker in workers.values where !worker.units.contains(where: isAtWork) { kill(worker) }
    }

    private func isAtWork(_ unit: UnitID) -> Bool {
        machine.units[unit]?.job.flatMap { machine.jobs[$0] }?.atWork.contains(unit) == true
    }

    /// Kills every process that is left.
    private func killAll(_ now: UInt64) {
        closing = .killing(until: now + patience.endNanoseconds)
        for worker in workers.values { kill(worker) }
        signalScripts(SIGKILL)
        for record in runtimes { lose(record) }
    }

    /// Says what has been left behind: processes that the system has not ended in time die with this one at the latest.
    func end() {
        if !workers.isEmpty || !departing.isEmpty || !orphans.isEmpty {
            let count = workers.count + departing.count + orphans.count
            notice(.trouble("\(count) processes were killed and have not ended"))
        }
        for record in jobs.values { record.answer.take()?(.failure(.draining)) }
        for id in scripts.keys.sorted() { finish(id, .lost) }
        for record in runtimes { tellWaiters(of: record, isGone: true) }
        sweep()
    }
}
