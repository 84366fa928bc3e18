import Control
import Ledger
import Linux
import Pools
import VarlinkServer

/// One run from acceptance to receipt: tells the client how it goes, sums its records up and lets them go.
struct RunWatch: Sendable {
    let daemon: DaemonContext
    let plan: RunPlan
    let accepted: UInt64
    let wantsRecords: Bool

    /// What happened to the job.
    enum Event: Sendable {
        case progress(state: JobRow.State, done: Int)
        case collected(Results)
        case ended(JobRow)
    }

    /// What is kept of a job's records.
    struct Results: Sendable {
        let finished: FinishedJob
        let account: RunAccount
        /// Empty unless they were asked for.
        let records: [TaskRecord]
    }

    /// Up to so many records are summed up where the news arrives: it takes less time than passing the news on.
    private static let tasksReadAtOnce = 2048

    /// Takes news of the job on the supervisor's thread.
    func take(_ event: JobEvent, _ feed: AsyncStream<Event>.Continuation) {
        switch event {
        case .progress(let state, let done): feed.yield(.progress(state: state, done: done))
        case .finished(let job) where job.taskCount <= Self.tasksReadAtOnce: collect(job, feed)
        // Whether or not the client takes its replies: the records hold memory until they are read.
        case .finished(let job): Task { collect(job, feed) }
        case .ended(let row):
            feed.yield(.ended(row))
            feed.finish()
        }
    }

    /// Reads the job's records and lets them go.
    private func collect(_ job: FinishedJob, _ feed: AsyncStream<Event>.Continuation) {
        let results = Results(finished: job, account: RunAccount(job), records: wantsRecords ? job.records : [])
        let collectedAt = Monotonic.now()
        feed.yield(.collected(results))
        daemon.supervisor.collected(job.row.id, at: collectedAt)
    }

    /// Sees the job through, and answers with its receipt.
    ///
    /// - Parameter replies: where the client takes more than one.
    func follow(_ events: AsyncStream<Event>, as name: String, _ replies: Replies?) async throws -> Run.Reply {
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
        var results: Results?
        for await event in events {
            switch event {
            case .progress(let state, let done):
                let elapsed = Monotonic.now().since(accepted)
                await tell(
                    Run.Reply(progress: .init(state: state.name, done: done, total: plan.tasks, elapsed: elapsed)))
            case .collected(let all): results = all
            case .ended(let row):
                guard let results else { break }
                await send(results.records, tell)
                let writer = ReceiptWriter(
                    name: name, plan: plan, account: results.account, finished: results.finished)
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
