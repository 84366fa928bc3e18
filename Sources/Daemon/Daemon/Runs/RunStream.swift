import Catalogue
import Control
import Ledger
import Linux
import Logging
import Pools
import Scheduling
import Varlink

/// What a client gets of a run before its receipt, a piece at a time: what tasks have written, while they run and in the order
/// that it asked for, and then all records.
struct RunStream: Sendable {
    /// The parameters of the next reply; nothing for now; or nothing more.
    enum Piece: Sendable {
        case text([UInt8])
        case none
        case over
    }

    /// Records in one reply: some tens of KiB.
    static let recordsPerReply = 256
    /// Tasks that are taken from the log at a time.
    private static let tasksAtOnce = 256
    /// About what an output takes in a reply beside the bytes that it carries.
    private static let outputBytes = 512

    private let plan: RunPlan
    private let accepted: UInt64
    private let wantsRecords: Bool
    private let directory: String
    private let logger: Logger
    private var relay: OutputRelay?
    /// Nil where none are sent, or all that are have been.
    private var early: EarlyResults?
    /// Whether tasks that have written nothing are passed over: there may be very many.
    private let skipsSilent: Bool
    /// Tasks whose outputs are due.
    private var due: [EndedTask] = []
    private var nextDue = 0
    /// How far the first of them has been read.
    private var reading: OutputReading?
    /// How many tasks have been looked at for outputs since the job has ended.
    private var tasksRelayed = 0
    private var recordsSent = 0

    init(
        plan: RunPlan, accepted: UInt64, order: OutputOrder?, wantsRecords: Bool, sendsEarly: Bool,
        directory: String, logger: Logger
    ) {
        self.plan = plan
        self.accepted = accepted
        self.wantsRecords = wantsRecords
        self.directory = directory
        self.logger = logger
        relay = order.map { OutputRelay(order: $0) }
        early = sendsEarly ? EarlyResults() : nil
        skipsSilent = plan.definition.input == .argument && order == .ended && !wantsRecords
    }

    /// - Parameters:
    ///   - log: the tasks that have ended; nil where it is not there yet.
    ///   - finished: the job once its workers are back or gone; nil until then.
    mutating func next(_ log: inout JobLog?, _ finished: FinishedJob?) -> Piece {
        if finished == nil, let log, let results = nextResults(log) {
            return .text(RecordJSON.parameters(early: results))
        }
        let isOfUse = isOfUse
        while relay != nil {
            if let outputs = nextOutputs(finished?.row.id ?? log?.id) {
                return .text(RecordJSON.parameters(outputs: outputs))
            }
            if let ended = log?.next(atMost: Self.tasksAtOnce, where: isOfUse), !ended.isEmpty {
                take(ended)
            } else if let finished, tasksRelayed < finished.taskCount {
                // Those that ended without being noted, as their worker died or they were cancelled.
                let end = min(tasksRelayed + Self.tasksAtOnce, finished.taskCount)
                take((tasksRelayed..<end).filter { isOfUse(finished.detail($0)) }.map(finished.task))
                tasksRelayed = end
            } else if finished == nil {
                return .none
            } else {
                relay = nil
            }
        }
        guard let finished else { return .none }
        guard wantsRecords, recordsSent < finished.taskCount else { return .over }
        let end = min(recordsSent + Self.recordsPerReply, finished.taskCount)
        let tasks = recordsSent..<end
        recordsSent = end
        // Once for all of them: it is large to hand on.
        let definition = plan.definition
        return .text(RecordJSON.parameters(records: tasks.map { record(finished.task($0), of: definition) }))
    }

    /// What the next tasks have handed back; nil where there is nothing for now.
    private mutating func nextResults(_ log: JobLog) -> [Output]? {
        guard let ended = early?.next(log) else { return nil }
        return ended.map { task in
            let bytes = task.result.map { Array($0.bytes) }?.base64 ?? ""
            let isFailure = task.record.status == .failed
            return Output(
                task: task.task, stdout: isFailure ? "" : bytes, stderr: isFailure ? bytes : "",
                record: record(task, of: plan.definition))
        }
    }

    /// Sends no further results while the run goes on.
    ///
    /// - Returns: how many have been sent, which are those of the first tasks.
    mutating func endEarly() -> Int {
        defer { early = nil }
        return early?.count ?? 0
    }

    /// Whether a client wants to be told of a task with this detail.
    private var isOfUse: @Sendable (TaskDetail) -> Bool {
        let skipsSilent = skipsSilent
        return { detail in !skipsSilent || detail[0] != 0 || detail[1] != 0 }
    }

    private mutating func take(_ ended: [EndedTask]) {
        if nextDue == due.count {
            due = []
            nextDue = 0
        }
        due += relay?.take(ended) ?? []
    }

    /// What fits in one reply of what tasks have written; nil where nothing is due.
    private mutating func nextOutputs(_ job: JobID?) -> [Output]? {
        guard let job, nextDue < due.count else { return nil }
        let spool = OutputSpool(directory: directory, job: job, seats: plan.shape.workers)
        var outputs: [Output] = []
        var byteCount = 0
        while nextDue < due.count, byteCount < OutputSpool.pieceBytes {
            let task = due[nextDue]
            var reading = reading ?? OutputReading(of: task)
            let (output, errors, fault) = read(&reading, from: spool)
            var piece = Output(task: task.task, stdout: output.base64, stderr: errors.base64)
            if reading.isOver {
                piece.record = record(task, of: plan.definition)
                // For whoever wanted what it wrote, it has failed.
                if let fault, piece.record?.status == "ok" {
                    piece.record?.status = "failed"
                    piece.record?.reason = fault
                }
                nextDue += 1
                self.reading = nil
            } else {
                self.reading = reading
            }
            byteCount += output.count + errors.count + Self.outputBytes
            outputs.append(piece)
        }
        return outputs
    }

    /// The next piece of a task's outputs. What can't be read any more is lost, which is said in its place: the run is worth
    /// more than what one command wrote.
    private func read(
        _ reading: inout OutputReading, from spool: OutputSpool
    ) -> (output: [UInt8], errors: [UInt8], fault: String?) {
        do {
            let (output, errors) = try spool.next(&reading)
            return (output, errors, nil)
        } catch {
            let fault = "what the command wrote is lost: \(error)"
            logger.warning("\(fault)")
            reading = .over
            return ([], Array("pard: \(fault)\n".utf8), fault)
        }
    }

    private func record(_ task: EndedTask, of definition: Definition) -> Control.Record {
        Control.Record(task, of: definition, since: accepted, input: plan.addresses?[task.task])
    }
}
