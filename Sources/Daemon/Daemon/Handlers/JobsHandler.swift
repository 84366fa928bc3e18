import Control
import Linux
import Scheduling
import VarlinkServer

/// `ListJobs` and `CancelJob`.
struct JobsHandler: Sendable {
    let daemon: DaemonContext

    func list(_ call: IncomingCall) {
        let peer = call.peer
        daemon.answer(call) { [daemon] snapshot in
            let now = Monotonic.now()
            return ListJobs.Reply(
                jobs: daemon.book.entries.map { entry in
                    Job(
                        job: entry.name, workload: entry.workload, mode: entry.mode, workers: entry.workers,
                        state: snapshot.machine.jobs[entry.id]?.state.name ?? "collecting", tasks: entry.tasks,
                        done: snapshot.done[entry.id] ?? 0, uid: Int(entry.uid), age: now.since(entry.accepted),
                        arguments: daemon.access.owns(peer, jobOf: entry.uid) ? entry.arguments : nil)
                })
        }
    }

    func cancel(_ call: IncomingCall) throws {
        let request = try call.parameters(as: CancelJob.Request.self)
        guard let entry = daemon.book.entry(named: request.job) else { throw ControlError.noSuchJob(request.job) }
        guard daemon.access.owns(call.peer, jobOf: entry.uid) else {
            throw ControlError.notPermitted(action: "cancel the job of another user", needs: "that user's id or root")
        }
        daemon.supervisor.cancel(entry.id, .request)
        call.reply(Empty())
    }
}
