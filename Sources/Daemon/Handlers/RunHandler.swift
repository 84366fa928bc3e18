import Control
import Linux
import Pools
import VarlinkServer

/// `Run`: takes a job in, sees it through and answers with its receipt.
struct RunHandler: Sendable {
    let daemon: DaemonContext

    func answer(_ call: IncomingCall, _ replies: Replies) async throws -> Run.Reply {
        let accepted = Monotonic.now()
        let uid = call.peer.uid
        let request = try call.parameters(as: Run.Request.self)
        var plan: RunPlan
        do {
            plan = try RunPlan(
                request, limits: daemon.configuration.limits,
                processors: min(Processors.available, daemon.configuration.policy.mostWorkers(of: uid)),
                directory: daemon.directory, now: accepted)
        } catch {
            daemon.book.countRefusal()
            throw error
        }
        plan.spec.lease.user = uid
        let spec = plan.spec
        // They are in the ledger once the job is handed in, and may be large.
        plan.spec.inputs = nil
        let (events, feed) = AsyncStream<RunWatch.Event>.makeStream()
        let watch = RunWatch(
            daemon: daemon, plan: plan, accepted: accepted, wantsRecords: request.records == true,
            outputs: call.wantsMore ? request.outputs : nil)
        let id = try await submit(spec, watch, feed, uid: uid)
        let name = daemon.book.name(of: id)
        daemon.book.add(
            JobBook.Entry(
                id: id, name: name, workload: plan.entry.name, arguments: plan.arguments, mode: plan.mode,
                workers: plan.processes * plan.threads, tasks: plan.tasks, uid: uid, accepted: accepted))
        let supervisor = daemon.supervisor
        // A job is seen through even when its client has gone: its records have to be let go.
        let life = Task {
            defer { daemon.book.finish(id) }
            let reply = try await watch.follow(events, as: name, job: id, call.wantsMore ? replies : nil)
            if let receipt = reply.receipt { daemon.logger.tell(RunEntry(receipt, uid: uid)) }
            return reply
        }
        return try await withTaskCancellationHandler {
            try await life.value
        } onCancel: {
            supervisor.cancel(id, .request)
        }
    }

    /// Hands the job in and waits for the answer, which comes before the job is begun.
    private func submit(
        _ spec: JobSpec, _ watch: RunWatch, _ feed: AsyncStream<RunWatch.Event>.Continuation, uid: UInt32
    ) async throws(ControlError) -> JobID {
        let answer = await withCheckedContinuation { (answer: CheckedContinuation<Result<JobID, Refusal>, Never>) in
            daemon.supervisor.submit(spec) { event in
                watch.take(event, feed)
            } answer: {
                answer.resume(returning: $0)
            }
        }
        let refusal: Refusal
        switch answer {
        case .success(let id): return id
        case .failure(let reason): refusal = reason
        }
        daemon.book.countRefusal()
        let error: ControlError =
            switch refusal {
            case .busy(let limit, let allowed, let user, let retryAfter):
                .busy(
                    limit: limit, allowed: allowed, user: user.map { Int($0) },
                    retryAfter: retryAfter.map { Int(clamping: $0) })
            case .tooMuch(let limit, let value, let allowed):
                .limitExceeded(limit: limit, value: value, allowed: allowed)
            case .noMemory: .busy(limit: "ledger bytes", allowed: daemon.configuration.limits.ledgerBytes)
            case .draining: .draining
            }
        if case .busy(let limit, let allowed, _, _) = error {
            daemon.refusals.tell(daemon.logger, limit: limit, allowed: allowed, uid: uid, now: Monotonic.now())
        }
        throw error
    }
}

extension JobRow.State {
    /// As the interface description calls it.
    var name: String {
        switch self {
        case .queued, .starting, .running, .collecting, .stopping: rawValue
        case .settling, .regrouping: "running"
        }
    }
}
