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
    /// Whether results that have not been sent when the last task ends come as a file: then few are sent at a time, and none that
    /// is large.
    private let handsOver: Bool
    private let directory: String
    private let logger: Logger
    private var relay: OutputRelay?
    /// Tasks whose outputs are due.
    private var due: [EndedTask] = []
    private var nextDue = 0
    /// How far the first of them has been read.
    private var reading: OutputReading?
    /// How many tasks have been looked at for outputs since the job has ended.
    private var tasksRelayed = 0
    private var recordsSent = 0
    /// How many outputs have been sent.
    private var outputsSent = 0
    /// Whether the rest comes as a file.
    private var isHandedOver = false
    /// Whether it is enough for now.
    private var rests = false

    init(
        plan: RunPlan, accepted: UInt64, order: OutputOrder?, wantsRecords: Bool, handsOver: Bool,
        directory: String, logger: Logger
    ) {
        self.plan = plan
        self.accepted = accepted
        self.wantsRecords = wantsRecords
        self.handsOver = handsOver
        self.directory = directory
        self.logger = logger
        relay = order.map { OutputRelay(order: $0) }
    }

    /// - Parameters:
    ///   - log: the tasks that have ended; nil where it is not there yet.
    ///   - finished: the job once its workers are back or gone; nil until then.
    mutating func next(_ log: inout JobLog?, _ finished: FinishedJob?) -> Piece {
        if rests {
            rests = false
            return .none
        }
        while relay != nil, !isHandedOver {
            if let outputs = nextOutputs(finished?.row.id ?? log?.id) {
                rests = handsOver
                return .text(RecordJSON.parameters(outputs: outputs))
            }
            if let ended = log?.next(atMost: Self.tasksAtOnce), !ended.isEmpty {
                take(ended)
            } else if let finished, tasksRelayed < finished.taskCount {
                // Those that ended without being noted, as their worker died or they were cancelled.
                let end = min(tasksRelayed + Self.tasksAtOnce, finished.taskCount)
                take((tasksRelayed..<end).map(finished.task))
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
            if handsOver, task.result.map({ $0.bytes.count > OutputSpool.pieceBytes }) ?? false {
                isHandedOver = true
                break
            }
            var reading = reading ?? OutputReading(of: task)
            let (output, errors) = read(&reading, from: spool)
            var piece = Output(task: task.task, stdout: output.base64, stderr: errors.base64)
            if reading.isOver {
                piece.record = record(task, of: plan.definition)
                nextDue += 1
                outputsSent += 1
                self.reading = nil
            } else {
                self.reading = reading
            }
            byteCount += output.count + errors.count + Self.outputBytes
            outputs.append(piece)
        }
        return outputs.isEmpty ? nil : outputs
    }

    /// Sends no further results: the rest is handed over as a file.
    ///
    /// - Returns: how many have been sent, which are the first ones.
    mutating func handOver() -> Int {
        isHandedOver = true
        rests = false
        return outputsSent
    }

    /// The next piece of a task's outputs. What can't be read any more is lost, which is said in its place: the run is worth
    /// more than what one command wrote.
    private func read(_ reading: inout OutputReading, from spool: OutputSpool) -> (output: [UInt8], errors: [UInt8]) {
        do {
            return try spool.next(&reading)
        } catch {
            logger.warning("what a command wrote is lost: \(error)")
            reading = .over
            return ([], Array("pard: what the command wrote is lost: \(error)\n".utf8))
        }
    }

    private func record(_ task: EndedTask, of definition: Definition) -> Control.Record {
        Control.Record(task, of: definition, since: accepted, input: plan.addresses?[task.task])
    }

    /// Removes the files of a job whose commands wrote some.
    func removeOutputs(of job: JobID, workers: Int) {
        guard plan.definition.input == .command else { return }
        OutputSpool(directory: directory, job: job, seats: workers).remove()
    }
}
