import Control
import Ledger
import Linux
import Pools
import Scheduling
import Synchronization
import Varlink
import VarlinkServer

/// One lease from acceptance to receipt: gives the client its memory, tells it of workers that have died, and sums up at the
/// end what its workers have done.
final class LeaseWatch: Sendable {
    private struct State: Sendable {
        var name = ""
        var finished: FinishedJob?
    }

    private let call: IncomingCall
    private let daemon: DaemonContext
    private let plan: RunPlan
    private let accepted: UInt64
    private let state = Mutex(State())

    init(_ call: IncomingCall, daemon: DaemonContext, plan: RunPlan, accepted: UInt64) {
        self.call = call
        self.daemon = daemon
        self.plan = plan
        self.accepted = accepted
    }

    /// The lease has been accepted or refused.
    func hear(_ answer: Result<JobID, Refusal>) {
        switch answer {
        case .success(let id): begin(id)
        case .failure(let refusal):
            let error = RunHandler.error(refusal, daemon.configuration)
            daemon.refused(error)
            call.fail(error)
        }
    }

    private func begin(_ id: JobID) {
        let name = daemon.runs.name(of: id)
        state.withLock { $0.name = name }
        let workers = plan.shape.workers
        daemon.runs.add(
            RunRegistry.Entry(
                id: id, name: name, workload: plan.definition.name, arguments: plan.arguments, mode: plan.shape.mode,
                workers: workers, tasks: 0, uid: call.peer.uid, accepted: accepted))
        let supervisor = daemon.supervisor
        call.whenGone { supervisor.cancel(id, .request) }
        call.whenInputEnds { supervisor.cancel(id, .released) }
        do {
            guard let stream = plan.spec.stream else { throw ControlError.draining }
            let files = SentDescriptors(try stream.clientFiles())
            let reply = LeaseCall.Reply(lease: .init(job: name, workers: workers, memory: 0, bell: 1))
            try call.send(reply, files)
        } catch {
            supervisor.cancel(id, .request)
            call.fail(ControlError.workersFailed(reason: "the lease's memory can't be passed: \(error)"))
        }
    }

    func take(_ event: JobEvent) {
        switch event {
        case .progress: break
        case .workerLost(let loss): tell(loss)
        case .finished(let job):
            state.withLock { $0.finished = job }
            daemon.supervisor.collected(job.row.id, at: Monotonic.now())
        case .ended(let row): finish(row)
        }
    }

    private func tell(_ loss: LostWorker) {
        // One that doesn't read what it is told has it from its memory all the same.
        guard call.hasRoom else { return }
        let reply = LeaseCall.Reply(
            loss: .init(
                worker: loss.seat, pid: loss.pid, exit: loss.exit, oom: loss.isOutOfMemory, lost: loss.lost,
                rerun: loss.reruns))
        do {
            _ = try call.send(reply)
        } catch {
            call.fail(error)
        }
    }

    /// Answers with the receipt and forgets the job.
    private func finish(_ row: JobRow) {
        let (finished, name) = state.withLock { state in
            defer { state.finished = nil }
            return (state.finished, state.name)
        }
        daemon.runs.finish(row.id)
        guard let finished else { return call.fail(ControlError.draining) }
        let account = RunAccount(leaseOf: finished, definition: plan.definition)
        if let reason = row.failureReason, account.hasBegunNothing {
            daemon.counts.countUnstarted(plan, by: call.peer.uid, isLease: true)
            return call.fail(ControlError.workersFailed(reason: reason))
        }
        let receipt = plan.receipt(name, row, finished, account, accepted: accepted, host: daemon.vitals.now)
        call.reply(LeaseCall.Reply(receipt: receipt))
        daemon.counts.count(receipt, of: plan, account.samples, by: call.peer.uid, isLease: true)
        daemon.logger.tell(RunEntry(receipt, uid: call.peer.uid, isLease: true))
    }
}
