import Control
import Ledger
import Linux
import Pools
import VarlinkServer

/// `Run`: takes a job in, sees it through and answers with its receipt.
struct RunHandler: Sendable {
    let daemon: DaemonContext

    func answer(_ call: IncomingCall, _ replies: Replies) async throws -> Run.Reply {
        let accepted = Monotonic.now()
        let request = try call.parameters(as: Run.Request.self)
        let plan: RunPlan
        do {
            plan = try RunPlan(
                request, limits: daemon.configuration.limits, processors: Processors.available,
                directory: daemon.directory, now: accepted)
        } catch {
            daemon.book.countRefusal()
            throw error
        }
        let (events, feed) = AsyncStream<JobEvent>.makeStream()
        let id = try await submit(plan, feed)
        let name = daemon.book.name(of: id)
        daemon.book.add(
            JobBook.Entry(
                id: id, name: name, workload: plan.entry.name, mode: plan.mode, workers: plan.processes * plan.threads,
                tasks: plan.tasks, uid: call.peer.uid, accepted: accepted))
        let supervisor = daemon.supervisor
        // A job is seen through even when its client has gone: its records have to be let go.
        let watch = Watch(
            daemon: daemon, name: name, plan: plan, accepted: accepted, wantsRecords: request.records == true)
        let life = Task {
            defer { daemon.book.finish(id) }
            return try await watch.follow(events, call.wantsMore ? replies : nil)
        }
        return try await withTaskCancellationHandler {
            try await life.value
        } onCancel: {
            supervisor.cancel(id, .request)
        }
    }

    /// Hands the job in and waits for the answer, which comes before the job is begun.
    private func submit(_ plan: RunPlan, _ feed: AsyncStream<JobEvent>.Continuation) async throws(ControlError) -> JobID
    {
        let answer = await withCheckedContinuation { (answer: CheckedContinuation<Result<JobID, Refusal>, Never>) in
            daemon.supervisor.submit(plan.spec) { event in
                feed.yield(event)
                if case .ended = event { feed.finish() }
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
        throw switch refusal {
        case .busy(let limit, let allowed): .busy(limit: limit, allowed: allowed)
        case .tooMuch(let limit, let value, let allowed): .limitExceeded(limit: limit, value: value, allowed: allowed)
        case .noMemory: .busy(limit: "ledger bytes", allowed: daemon.configuration.limits.ledgerBytes)
        case .draining: .draining
        }
    }
}

/// One job from acceptance to receipt.
private struct Watch: Sendable {
    let daemon: DaemonContext
    let name: String
    let plan: RunPlan
    let accepted: UInt64
    let wantsRecords: Bool

    func follow(_ events: AsyncStream<JobEvent>, _ replies: Replies?) async throws -> Run.Reply {
        var listener = replies
        func tell(_ reply: Run.Reply) async {
            do {
                try await listener?.send(reply)
            } catch {
                // The client has gone; the job's cancellation is on its way.
                listener = nil
            }
        }
        await tell(Run.Reply(accepted: .init(job: name, workers: plan.processes * plan.threads, tasks: plan.tasks)))
        var writer: ReceiptWriter?
        var records: [TaskRecord] = []
        for await event in events {
            switch event {
            case .progress(let state, let done):
                let elapsed = Monotonic.now().since(accepted)
                await tell(
                    Run.Reply(progress: .init(state: state.name, done: done, total: plan.tasks, elapsed: elapsed)))
            case .finished(let job):
                writer = ReceiptWriter(name: name, plan: plan, account: RunAccount(job), finished: job)
                if wantsRecords { records = Array(job.records) }
                daemon.supervisor.collected(job.row.id, at: Monotonic.now())
            case .ended(let row):
                guard let writer else { break }
                await send(records, tell)
                return Run.Reply(receipt: writer.receipt(row, accepted: accepted))
            }
        }
        throw ControlError.draining
    }

    private func send(_ records: [TaskRecord], _ tell: (Run.Reply) async -> Void) async {
        let step = daemon.configuration.limits.recordsPerReply
        for first in stride(from: 0, to: records.count, by: step) {
            let block = records[first..<min(first + step, records.count)]
            await tell(Run.Reply(records: zip(block.indices, block).map { $1.record(task: $0, since: accepted) }))
        }
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
