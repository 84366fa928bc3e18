import Catalogue
import Control
import Ledger
import Pools
import Timing

extension TaskRecord {
    /// Why the task did not end ok, for a person; nil where it did.
    var reason: String? {
        switch status {
        case .ok, .pending, .running: nil
        case .failed: TaskFailure(code: failure).description
        case .lost: "its worker died (\(deaths) \(deaths == 1 ? "time" : "times"))"
        case .cancelled: start == 0 ? "cancelled before it began" : "cancelled while it ran"
        }
    }

    /// The runs of the task that were begun.
    fileprivate var attempt: Int {
        if start == 0 { return 0 }
        return status == .lost ? Int(deaths) : Int(deaths) + 1
    }
}

extension Control.Record {
    /// The record as a client gets it.
    ///
    /// - Parameter accepted: when the job was accepted, which times are counted from.
    init(_ ended: EndedTask, of workload: WorkloadID, since accepted: UInt64) {
        let record = ended.record
        let began = record.start != 0
        self.init(
            task: ended.task, worker: Int(record.seat), pid: Int(record.pid), tid: Int(record.tid),
            start: began ? record.start.since(accepted) : 0, stop: began ? record.stop.since(accepted) : 0,
            cpu: Int(record.cpu), attempt: record.attempt, status: "\(record.status)", value: Int(record.value),
            reason: record.reason)
        guard workload == .exec, began, let detail = ended.commandDetail else { return }
        cpu = Int(detail.user + detail.system)
        attempt = max(attempt, Int(detail.tries))
        command = CommandRecord(detail)
    }
}

extension EndedTask {
    /// What `exec` tells of the task; nil for one that has not ended by itself, of which nothing is known.
    var commandDetail: CommandDetail? {
        let isKnown = record.status == .ok || record.status == .failed || record.status == .cancelled
        guard isKnown, record.start != 0, detail.count == CommandDetail.byteCount else { return nil }
        return detail.withUnsafeBytes { $0.baseAddress.map { CommandDetail(at: $0) } }
    }
}

extension CommandRecord {
    init(_ detail: CommandDetail) {
        self.init(
            exitCode: Int(detail.exitCode), signal: Int(detail.signal), tries: Int(detail.tries),
            spawn: Int(detail.spawn), command: Int(detail.command), user: Int(detail.user),
            system: Int(detail.system), peakMemory: Int(detail.peakMemory), stdoutBytes: Int(detail.output.count),
            stderrBytes: Int(detail.errors.count))
    }
}
