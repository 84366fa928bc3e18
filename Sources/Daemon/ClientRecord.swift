import Catalogue
import Control
import Ledger
import Pools
import Timing

extension TaskRecord {
    /// Why the task did not end ok, for a person; nil where it did.
    ///
    /// - Parameters:
    ///   - detail: what the workload tells of the task beside the record.
    ///   - text: what a function says of its failure.
    func reason(of workload: WorkloadID, detail: UnsafeRawPointer?, text: UnsafeRawBufferPointer? = nil) -> String? {
        switch status {
        case .ok, .pending, .running: nil
        case .failed where text?.isEmpty == false:
            "\(Self.shown(text)) (\(TaskFailure(code: failure)))"
        case .failed: Self.reason(TaskFailure(code: failure), of: workload, detail: detail)
        case .lost: "its worker died (\(deaths) \(deaths == 1 ? "time" : "times"))"
        case .cancelled: start == 0 ? "cancelled before it began" : "cancelled while it ran"
        }
    }

    /// The task's value for a client: of one that hands back bytes, how many.
    func value(result: UnsafeRawBufferPointer?) -> Int64 {
        guard let result else { return value }
        return status == .ok ? Int64(result.count) : 0
    }

    /// How much of a failure's text stands in a record, in bytes. All of it comes where results come.
    private static let mostText = 4096

    private static func shown(_ text: UnsafeRawBufferPointer?) -> String {
        guard let text else { return "" }
        return String(decoding: text.prefix(mostText), as: UTF8.self) + (text.count > mostText ? "…" : "")
    }

    private static func reason(
        _ failure: TaskFailure, of workload: WorkloadID, detail: UnsafeRawPointer?
    ) -> String {
        if workload == .download, failure.step == .create, failure.errno == .fileExists {
            return "a file of its name is there already, and stays without --overwrite"
        }
        guard failure.step == .fetch, workload == .download || workload == .api, let detail else { return "\(failure)" }
        let reason = FetchDetail(at: detail).reason
        return reason.isEmpty ? "\(failure)" : reason
    }

    /// The runs of the task that were begun.
    fileprivate var attempt: Int {
        if start == 0 { return 0 }
        return status == .lost ? Int(deaths) : Int(deaths) + 1
    }
}

extension TaskRecord.Status {
    /// As the interface description calls it.
    fileprivate var name: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .ok: "ok"
        case .failed: "failed"
        case .lost: "lost"
        case .cancelled: "cancelled"
        }
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
            cpu: Int(record.cpu), attempt: record.attempt, status: record.status.name,
            value: Int(record.value(result: ended.result?.bytes)),
            reason: ended.detail.withUnsafeBytes {
                record.reason(
                    of: workload, detail: $0.baseAddress, text: record.status == .failed ? ended.result?.bytes : nil)
            })
        if began, let detail = ended.fetchDetail(of: workload) { fetch = FetchRecord(detail) }
        guard workload == .exec, began, let detail = ended.commandDetail else { return }
        cpu = Int(detail.user + detail.system)
        attempt = max(attempt, Int(detail.tries))
        command = CommandRecord(detail)
    }
}

extension EndedTask {
    /// What `exec` tells of the task; nil for one whose worker died, of which nothing is known.
    var commandDetail: CommandDetail? {
        guard record.status != .lost, record.start != 0, detail.count == CommandDetail.byteCount else { return nil }
        let told = detail.withUnsafeBytes { $0.baseAddress.map { CommandDetail(at: $0) } }
        return told.flatMap { $0.tries > 0 ? $0 : nil }
    }
}

extension EndedTask {
    /// What `download` and `api` tell of the task; nil for one that has not ended by itself.
    func fetchDetail(of workload: WorkloadID) -> FetchDetail? {
        guard workload == .download || workload == .api, record.status == .ok || record.status == .failed,
            detail.count == FetchDetail.byteCount
        else { return nil }
        return detail.withUnsafeBytes { $0.baseAddress.map { FetchDetail(at: $0) } }
    }
}

extension FetchRecord {
    init(_ detail: FetchDetail) {
        self.init(
            status: Int(detail.status), bytes: Int(detail.bytes), redirects: Int(detail.redirects),
            connections: Int(detail.connections), lookup: Int(detail.lookup), connect: Int(detail.connect),
            tls: Int(detail.tls), firstByte: Int(detail.firstByte))
    }
}

extension CommandDetail.Cause {
    /// As the interface description calls it.
    fileprivate var name: String? {
        switch self {
        case .none: nil
        case .timeout: "timeout"
        case .output: "output"
        case .cancelled: "cancelled"
        }
    }
}

extension CommandRecord {
    init(_ detail: CommandDetail) {
        self.init(
            exitCode: Int(detail.exitCode), signal: Int(detail.signal), tries: Int(detail.tries),
            spawn: Int(detail.spawn), command: Int(detail.command), user: Int(detail.user),
            system: Int(detail.system), peakMemory: Int(detail.peakMemory), stdoutBytes: Int(detail.output.count),
            stderrBytes: Int(detail.errors.count), cause: CommandDetail.Cause(rawValue: detail.cause)?.name)
    }
}
