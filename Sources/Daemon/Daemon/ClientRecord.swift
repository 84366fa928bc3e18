import Catalogue
import Control
import Ledger
import Pools
import Timing

extension TaskRecord {
    /// Why the task did not end ok, for a person; nil where it did.
    ///
    /// - Parameters:
    ///   - own: words of the task's own for its failure; empty for none.
    ///   - result: what it says of its failure where tasks hand back bytes.
    ///   - exit: how the worker ended that it was lost with; nil where that is not known.
    func reason(
        of definition: Definition, own: @autoclosure () -> String, result: UnsafeRawBufferPointer?, exit: String?
    ) -> String? {
        switch status {
        case .ok, .pending, .running: return nil
        case .failed:
            let failure = TaskFailure(bits: failure)
            if failure == .damaged { return "the run's memory was damaged: the task's record is not right" }
            let own = own()
            let text = definition.text(ofFailure: failure.number, code: failure.code)
            if let result, !result.isEmpty {
                if definition.speaksForItself(failure.number) {
                    return Self.shown(
                        UnsafeRawBufferPointer(rebasing: result[..<(result.firstIndex(of: 10) ?? result.endIndex)]))
                }
                return "\(Self.shown(result)) (\(text))"
            }
            return own.isEmpty ? text : own
        case .lost:
            return "its worker died\(exit.map { ": \($0)" } ?? "") (\(deaths) \(deaths == 1 ? "time" : "times"))"
        case .cancelled: return start == 0 ? "cancelled before it began" : "cancelled while it ran"
        }
    }

    /// The task's value for a client: of one that hands back bytes, how many.
    func value(result: UnsafeRawBufferPointer?) -> Int64 {
        result == nil ? value : resultByteCount
    }

    /// How many bytes the task has handed back, of a record whose value is a ``ResultSpan`` that has been checked.
    var resultByteCount: Int64 { status == .ok ? Int64(ResultSpan(value: value).count) : 0 }

    /// How much of a failure's words stands in a record, in bytes. All of it comes where results come.
    private static let maximumWords = 4096

    private static func shown(_ words: UnsafeRawBufferPointer) -> String {
        String(decoding: words.prefix(maximumWords), as: UTF8.self) + (words.count > maximumWords ? "…" : "")
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
    /// - Parameters:
    ///   - accepted: when the job was accepted, which times are counted from.
    ///   - input: the first word that the task was given; nil where it is not to be told.
    init(_ ended: EndedTask, of definition: Definition, since accepted: UInt64, input: String? = nil) {
        let record = ended.record
        let began = record.start != 0
        self.init(
            task: ended.task, worker: Int(record.seat), pid: Int(record.pid), tid: Int(record.tid),
            start: began ? record.start.since(accepted) : 0, stop: began ? record.stop.since(accepted) : 0,
            cpu: Int(clamping: record.cpu), attempt: record.attempt, status: record.status.name,
            value: Int(record.value(result: ended.result?.bytes)),
            reason: record.reason(of: definition, own: ended.reason, result: ended.result?.bytes, exit: ended.exit))
        guard !ended.detail.isEmpty, let told = ToldDetail(ended, of: definition.detail) else { return }
        if let time = told.sum(.processorTime) { cpu = time }
        if let tries = told.sum(.tries) { attempt = max(attempt, tries) }
        switch definition.detail.member {
        case "command": command = CommandRecord(told)
        case "fetch": fetch = FetchRecord(told, url: input ?? "")
        default: detail = told.numbers
        }
    }
}

/// What a task has told beside its record, by the keys of its workload's columns.
private struct ToldDetail {
    private let detail: Detail
    private let values: [Int64]

    /// Nil where nothing is known: of a task that hasn't begun, or whose worker died.
    init?(_ ended: EndedTask, of detail: Detail) {
        guard ended.record.start != 0, !detail.columns.isEmpty, ended.detail.count == detail.columns.count else {
            return nil
        }
        switch ended.record.status {
        case .ok, .failed: break
        // One that was cancelled may have come to tell something.
        case .cancelled: if ended.detail.allSatisfy({ $0 == 0 }) { return nil }
        case .lost, .pending, .running: return nil
        }
        self.detail = detail
        values = ended.detail
    }

    subscript(key: String) -> Int { detail.place(of: key).map { Int(values[$0]) } ?? 0 }

    /// What a column's number stands for; nil for nothing that is told.
    func choice(_ key: String) -> String? {
        guard let place = detail.place(of: key), let choice = Int(exactly: values[place]),
            detail.columns[place].choices.indices.contains(choice)
        else { return nil }
        let text = detail.columns[place].choices[choice]
        return text.isEmpty ? nil : text
    }

    /// The sum of the columns that have this role; nil where there are none.
    func sum(_ role: Column.Role) -> Int? {
        let places = detail.columns.indices.filter { detail.columns[$0].role == role }
        return places.isEmpty ? nil : places.reduce(0) { $0 &+ Int(values[$1]) }
    }

    /// All that clients are told.
    var numbers: [String: Int] {
        let told = zip(detail.columns, values).filter { $0.0.role != .hidden }
        return Dictionary(told.map { ($0.key, Int($1)) }) { first, _ in first }
    }
}

extension FetchRecord {
    fileprivate init(_ told: ToldDetail, url: String) {
        self.init(
            url: url, status: told["status"], bytes: told["bytes"], redirects: told["redirects"],
            connections: told["connections"], lookup: told["lookup"], connect: told["connect"], tls: told["tls"],
            firstByte: told["first_byte"])
    }
}

extension CommandRecord {
    fileprivate init(_ told: ToldDetail) {
        self.init(
            exitCode: told["exit_code"], signal: told["signal"], tries: told["tries"], spawn: told["spawn"],
            command: told["command"], user: told["user"], system: told["system"], peakMemory: told["peak_memory"],
            stdoutBytes: told["stdout_bytes"], stderrBytes: told["stderr_bytes"], cause: told.choice("cause"))
    }
}
