import Control
import Glibc
import Linux
import Pools
import Scheduling
import VarlinkServer

/// `GetStatus`: the daemon in figures.
struct StatusHandler: Sendable {
    let daemon: DaemonContext

    func answer(_ call: IncomingCall) {
        daemon.answer(call) { status(of: $0) }
    }

    private func status(of snapshot: Snapshot) -> GetStatus.Reply {
        let machine = snapshot.machine
        let queued = machine.jobs.values.count { $0.state == .queued }
        let counts = daemon.runs.counts
        return GetStatus.Reply(
            version: Version.current,
            state: state(of: snapshot),
            pid: Int(ThisProcess.pid), zygotePid: snapshot.zygotePID,
            uptime: Int(Monotonic.now() - daemon.startedAt), uid: Int(getuid()),
            socket: daemon.socketPath, jobsRunning: machine.jobs.count - queued, jobsQueued: queued,
            jobsFinished: counts.finished, jobsRefused: counts.refused, workers: machine.workerCount,
            workersBusy: machine.units.values.reduce(0) { $0 + ($1.job == nil ? 0 : $1.workers) },
            workersReplaced: machine.replaced, ledgerBytes: daemon.supervisor.ledgerBytesUsed, limits: limits,
            runtimes: runtimes(of: snapshot), reason: machine.isDraining ? nil : snapshot.brokenReason,
            origin: daemon.origin.words, idleExit: daemon.origin.idleNanoseconds.map { Int($0) },
            scripts: snapshot.scripts.values.reduce(0) { $0 + $1.pids.count + $1.waiting })
    }

    private func state(of snapshot: Snapshot) -> String {
        if snapshot.machine.isDraining { return "draining" }
        if snapshot.brokenReason != nil { return "broken" }
        return snapshot.machine.isEveryFloorReady ? "ready" : "starting"
    }

    private func runtimes(of snapshot: Snapshot) -> [RuntimeStatus] {
        var workers: [RuntimeID: Int] = [:]
        for unit in snapshot.machine.units.values { workers[unit.kind.runtime, default: 0] += unit.workers }
        return snapshot.runtimes.map { row, health in
            var reason: String?
            if case .broken(let why) = health { reason = why }
            return RuntimeStatus(
                name: row.title, state: health.name, reason: reason, foreign: !row.isPermanent,
                zygotePid: snapshot.zygotePIDs[row.id] ?? 0, workers: workers[row.id] ?? 0)
        }
    }

    private var limits: [String: Int] {
        let configuration = daemon.configuration
        return [
            "workers": configuration.policy.workerLimit,
            "runtimes": configuration.policy.runtimeLimit,
            "tasks": configuration.limits.tasks,
            "queued_jobs": configuration.limits.queuedJobs,
            "ledger_bytes": configuration.limits.ledgerBytes,
            "connections": configuration.connectionLimit,
            "frame_bytes": configuration.frameLimits.frameBytes,
            "json_depth": configuration.frameLimits.jsonDepth,
        ]
    }
}
