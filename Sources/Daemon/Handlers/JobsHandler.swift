import Control
import Linux
import VarlinkServer

/// `ListJobs` and `CancelJob`.
struct JobsHandler: Sendable {
    let daemon: DaemonContext

    func list(for peer: Peer) async throws -> ListJobs.Reply {
        let snapshot = try await daemon.snapshot()
        let entries = daemon.book.entries
        let now = Monotonic.now()
        return ListJobs.Reply(
            jobs: entries.map { entry in
                Job(
                    job: entry.name, workload: entry.workload, mode: entry.mode, workers: entry.workers,
                    state: snapshot.machine.jobs[entry.id]?.state.name ?? "collecting", tasks: entry.tasks,
                    done: snapshot.done[entry.id] ?? 0, uid: Int(entry.uid), age: now.since(entry.accepted),
                    arguments: daemon.access.owns(peer, jobOf: entry.uid) ? entry.arguments : nil)
            })
    }

    func cancel(_ request: CancelJob.Request, by peer: Peer) throws(ControlError) -> Empty {
        guard let entry = daemon.book.entry(named: request.job) else { throw .noSuchJob(request.job) }
        guard daemon.access.owns(peer, jobOf: entry.uid) else {
            throw .notPermitted(action: "cancel the job of another user", needs: "that user's id or root")
        }
        daemon.supervisor.cancel(entry.id, .request)
        return Empty()
    }
}
