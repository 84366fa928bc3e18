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
    /// Whether and when what tasks write is sent.
    let outputs: OutputOrder?

    /// What happened to the job.
    enum Event: Sendable {
        case progress(state: JobRow.State, done: Int, ended: [EndedTask])
        case collected(Results)
        case ended(JobRow)
    }

    /// What is kept of a job's records.
    struct Results: Sendable {
        let finished: FinishedJob
        let account: RunAccount
        /// Empty unless records or outputs were asked for.
        let tasks: [EndedTask]
    }

    /// Up to so many records are summed up where the news arrives: it takes less time than passing the news on.
    private static let tasksReadAtOnce = 2048

    /// Takes news of the job on the supervisor's thread.
    func take(_ event: JobEvent, _ feed: AsyncStream<Event>.Continuation) {
        switch event {
        case .progress(let state, let done, let ended):
            feed.yield(.progress(state: state, done: done, ended: ended))
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
        let results = Results(
            finished: job, account: RunAccount(job, of: plan.entry.id),
            tasks: wantsRecords || outputs != nil ? job.tasks : [])
        let collectedAt = Monotonic.now()
        feed.yield(.collected(results))
        daemon.supervisor.collected(job.row.id, at: collectedAt)
    }

    /// Sees the job through, and answers with its receipt.
    ///
    /// - Parameter replies: where the client takes more than one.
    func follow(
        _ events: AsyncStream<Event>, as name: String, job: JobID, _ replies: Replies?
    ) async throws -> Run.Reply {
        let spool = OutputSpool(directory: daemon.directory, job: job, seats: plan.processes * plan.threads)
        defer { if plan.entry.id == .exec { spool.remove() } }
        var relay = outputs.map { OutputRelay(order: $0) }
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
            case .progress(let state, let done, let ended):
                if let tasks = relay?.take(ended) { await send(outputsOf: tasks, from: spool, tell) }
                let elapsed = Monotonic.now().since(accepted)
                await tell(
                    Run.Reply(progress: .init(state: state.name, done: done, total: plan.tasks, elapsed: elapsed)))
            case .collected(let all): results = all
            case .ended(let row):
                guard let results else { break }
                if let reason = row.failureReason, results.account.hasBegunNothing {
                    throw ControlError.workersFailed(reason: reason)
                }
                if let tasks = relay?.take(results.tasks) { await send(outputsOf: tasks, from: spool, tell) }
                if wantsRecords, let replies = listener { await send(recordsOf: results.tasks, replies) }
                let writer = ReceiptWriter(
                    name: name, plan: plan, account: results.account, finished: results.finished)
                return Run.Reply(receipt: writer.receipt(row, accepted: accepted))
            }
        }
        throw ControlError.draining
    }

    private func send(recordsOf tasks: [EndedTask], _ replies: Replies) async {
        let step = daemon.configuration.limits.recordsPerReply
        for first in stride(from: 0, to: tasks.count, by: step) {
            let records = tasks[first..<min(first + step, tasks.count)].lazy.map(record)
            do {
                try await replies.send(text: RecordJSON.parameters(records: records))
            } catch {
                // The client has gone, and there is nothing left to do for it.
                return
            }
        }
    }

    /// Sends what tasks have written, as much in one reply as is worth it.
    private func send(
        outputsOf tasks: [EndedTask], from spool: OutputSpool, _ tell: (Run.Reply) async -> Void
    ) async {
        var pieces: [Output] = []
        var byteCount = 0
        for task in tasks {
            var reading = OutputReading(of: task)
            while true {
                let (output, errors) = next(of: task, &reading, from: spool)
                var piece = Output(task: task.task, stdout: output.base64, stderr: errors.base64)
                if reading.isOver { piece.record = record(task) }
                byteCount += output.count + errors.count + Self.pieceBytes
                pieces.append(piece)
                if byteCount >= OutputSpool.pieceBytes {
                    await tell(Run.Reply(outputs: pieces))
                    pieces = []
                    byteCount = 0
                }
                if reading.isOver { break }
            }
        }
        if !pieces.isEmpty { await tell(Run.Reply(outputs: pieces)) }
    }

    /// The next piece of a task's outputs. What can't be read any more is lost, which is said in its place: the run is worth
    /// more than what one command wrote.
    private func next(
        of task: EndedTask, _ reading: inout OutputReading, from spool: OutputSpool
    ) -> (output: [UInt8], errors: [UInt8]) {
        do {
            return try spool.next(&reading)
        } catch {
            daemon.logger.warning("what a command wrote is lost: \(error)")
            reading = .over
            return ([], Array("pard: what the command wrote is lost: \(error)\n".utf8))
        }
    }

    /// About what a piece takes in a reply beside the bytes that it carries.
    private static let pieceBytes = 512

    private func record(_ task: EndedTask) -> Control.Record {
        var record = Control.Record(task, of: plan.entry.id, since: accepted)
        if let url = plan.addresses?[task.task] { record.fetch?.url = url }
        return record
    }
}
