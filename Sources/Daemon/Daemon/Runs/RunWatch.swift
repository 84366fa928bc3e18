import Control
import Ledger
import Linux
import Pools
import Scheduling
import Synchronization
import Varlink
import VarlinkServer

/// One run from acceptance to receipt: tells the client how it goes, sums its records up and lets them go.
///
/// What is short is done where the news arrives, on the supervisor's thread: passing it on would take longer. What may be
/// long, records and outputs, is made on background threads, a piece at a time and as fast as the client reads, straight
/// from the job's own memory.
final class RunWatch: Sendable {
    private struct State: Sendable {
        var id: JobID?
        var name = ""
        /// Nil where nobody wants outputs, or it is not known yet.
        var log: JobLog?
        var results: Results?
        /// The job as it was when its workers were back or gone.
        var row: JobRow?
        /// Whether a background thread sends, or is about to.
        var isSending = false
        var isOver = false
    }

    /// What is kept of a job whose tasks have ended.
    private struct Results: Sendable {
        /// Holds the records.
        let finished: FinishedJob
        let account: RunAccount
        /// What its tasks have handed back, for a client that takes it so.
        let file: ResultFile?
    }

    /// Up to so many records are summed up where the news arrives.
    private static let tasksReadAtOnce = 2048
    /// As are results of up to so many bytes.
    private static let bytesReadAtOnce = 1 << 17
    /// Pieces that a background thread sends for one run until others get their turn.
    private static let piecesAtOnce = 16

    private let call: IncomingCall
    private let daemon: DaemonContext
    private let plan: RunPlan
    private let accepted: UInt64
    private let wantsRecords: Bool
    /// Whether what tasks hand back is sent as a file.
    private let wantsResults: Bool
    /// Whether some of that is sent while the run goes on.
    private let sendsEarly: Bool
    /// Whether outputs are sent.
    private let wantsOutputs: Bool
    private let state = Mutex(State())
    /// Used by whoever sends, of whom there is one at a time; nil where nothing comes before the receipt.
    private let stream: Mutex<RunStream?>

    /// - Parameter outputs: whether and when what tasks write is sent.
    init(
        _ call: IncomingCall, daemon: DaemonContext, plan: RunPlan, accepted: UInt64, wantsRecords: Bool,
        wantsResults: Bool = false, sendsEarly: Bool = false, outputs: OutputOrder?
    ) {
        self.call = call
        self.daemon = daemon
        self.plan = plan
        self.accepted = accepted
        self.wantsRecords = wantsRecords && call.wantsMore
        self.wantsResults = wantsResults && plan.spec.plan.heapBytes > 0
        self.sendsEarly = sendsEarly && self.wantsResults && call.wantsMore
        wantsOutputs = outputs != nil
        let streams = outputs != nil || self.wantsRecords || self.sendsEarly
        stream = Mutex(
            streams
                ? RunStream(
                    plan: plan, accepted: accepted, order: outputs, wantsRecords: self.wantsRecords,
                    sendsEarly: self.sendsEarly, directory: daemon.directory, logger: daemon.logger) : nil)
    }

    // MARK: From the supervisor's thread

    /// The job has been accepted.
    func begin(_ id: JobID) {
        let name = daemon.runs.name(of: id)
        state.withLock { state in
            state.id = id
            state.name = name
        }
        let workers = plan.shape.workers
        daemon.runs.add(
            RunRegistry.Entry(
                id: id, name: name, workload: plan.definition.name, arguments: plan.arguments, mode: plan.shape.mode,
                workers: workers, tasks: plan.tasks, uid: call.peer.uid, accepted: accepted))
        let supervisor = daemon.supervisor
        call.whenGone { supervisor.cancel(id, .request) }
        if call.wantsMore {
            tell(Run.Reply(accepted: .init(job: name, workers: workers, tasks: plan.tasks)))
        }
    }

    /// The job has been refused.
    func refuse(_ error: ControlError) {
        call.fail(error)
    }

    func take(_ event: JobEvent) {
        switch event {
        case .progress(let jobState, let done):
            if wantsOutputs || sendsEarly { send() }
            // One that waits for the client is as good as a newer one.
            guard call.wantsMore, call.hasRoom else { return }
            let elapsed = Monotonic.now().since(accepted)
            tell(Run.Reply(progress: .init(state: jobState.name, done: done, total: plan.tasks, elapsed: elapsed)))
        case .finished(let job):
            // Whether or not the client takes its replies: its workers wait for it.
            if isShort(job) { collect(job) } else { daemon.background.run { self.collect(job) } }
        case .workerLost: break
        case .ended(let row):
            let isSending = state.withLock { state in
                state.row = row
                return state.isSending
            }
            // Whoever sends early results notices the end.
            if wantsRecords || wantsOutputs { send() } else if !isSending { finish() }
        }
    }

    /// Whether a job can be summed up where the news arrives.
    private func isShort(_ job: borrowing FinishedJob) -> Bool {
        guard job.taskCount <= Self.tasksReadAtOnce else { return false }
        if wantsResults, job.heapBytesTaken > Self.bytesReadAtOnce { return false }
        // Whoever sends has the stream, which says how many results have gone.
        return !sendsEarly || state.withLock { !$0.isSending }
    }

    /// Reads outputs in the order of `log`.
    func read(_ log: JobLog) {
        guard wantsOutputs || sendsEarly else { return }
        state.withLock { $0.log = log }
        // Early results wait for the first news: of a short run, all come at the end.
        if wantsOutputs { send() }
    }

    private func tell(_ reply: Run.Reply) {
        do throws(FrameError) {
            _ = try call.send(reply)
        } catch {
            call.fail(error)
        }
    }

    /// Sums the job's records up.
    private func collect(_ job: FinishedJob) {
        let account = RunAccount(job, of: plan.definition)
        var file: ResultFile?
        if wantsResults {
            do {
                let first = sendsEarly ? stream.withLock { $0?.endEarly() } ?? 0 : 0
                file = try ResultFile(of: job, from: first, plan.definition)
            } catch {
                daemon.logger.error("the results of run \(daemon.runs.name(of: job.row.id)) can't be sent: \(error)")
            }
        }
        let collectedAt = Monotonic.now()
        state.withLock { [file] in $0.results = Results(finished: job, account: account, file: file) }
        daemon.supervisor.collected(job.row.id, at: collectedAt)
    }

    // MARK: Long replies

    /// Has a background thread send what there is to send, unless one does.
    private func send() {
        let isToStart = state.withLock { state in
            if state.isSending || state.isOver { return false }
            state.isSending = true
            return true
        }
        if isToStart { daemon.background.run { self.sendPieces() } }
    }

    private func sendPieces() {
        for _ in 0..<Self.piecesAtOnce {
            guard call.hasRoom else {
                return call.whenRoom { [daemon] in daemon.background.run { self.sendPieces() } }
            }
            var (log, finished) = state.withLock { state in
                (state.log.take(), state.row == nil ? nil : state.results?.finished)
            }
            let piece = stream.withLock { $0?.next(&log, finished) } ?? .over
            // One that came meanwhile stays.
            if let log { state.withLock { $0.log = log } }
            switch piece {
            case .text(let text):
                if !call.send(text: text) { return end() }
            case .none:
                state.withLock { $0.isSending = false }
                // The end may have come meanwhile.
                if finished == nil, state.withLock({ $0.row != nil }) { send() }
                return
            case .over: return end()
            }
        }
        daemon.background.run { self.sendPieces() }
    }

    /// All that comes before the receipt is sent, or nobody takes it any more.
    private func end() {
        let isEnded = state.withLock { state in
            state.isSending = false
            return state.row != nil
        }
        if isEnded { finish() }
    }

    // MARK: The end

    /// Answers with the receipt and forgets the job.
    private func finish() {
        let (results, row, name) = state.withLock { state in
            state.log = nil
            let results = state.results.take()
            guard !state.isOver else { return (nil as Results?, nil as JobRow?, "") }
            state.isOver = true
            return (results, state.row.take(), state.name)
        }
        guard let row else { return }
        if plan.definition.detail.hasOutputs {
            OutputSpool(directory: daemon.directory, job: row.id, seats: plan.shape.workers).remove()
        }
        daemon.runs.finish(row.id)
        guard let results else { return call.fail(ControlError.draining) }
        if let reason = row.failureReason, results.account.hasBegunNothing {
            daemon.counts.countUnstarted(plan, by: call.peer.uid)
            return call.fail(ControlError.workersFailed(reason: reason))
        }
        let receipt = plan.receipt(
            name, row, results.finished, results.account, accepted: accepted, host: daemon.vitals.now)
        if let file = results.file {
            call.reply(Run.Reply(results: file.description, receipt: receipt), file.descriptor)
        } else {
            call.reply(expecting: receipt.expectedBytes) { receipt.writeReply(to: &$0) }
        }
        daemon.counts.count(receipt, of: plan, results.account.samples, by: call.peer.uid)
        daemon.logger.tell(RunEntry(receipt, uid: call.peer.uid))
    }
}
