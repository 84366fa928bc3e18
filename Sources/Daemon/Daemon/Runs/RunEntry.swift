import Catalogue
import Control
import Journal
import Logging

/// What a finished run or lease leaves in the journal: one line for people, and every ``RunField``. One object, as it is handed
/// on from thread to thread.
final class RunEntry: EntryDetails {
    let receipt: Receipt
    /// The user who sent the run.
    let uid: UInt32
    /// Whether a client had the workers for as long as it wanted.
    let isLease: Bool

    init(_ receipt: Receipt, uid: UInt32, isLease: Bool = false) {
        self.receipt = receipt
        self.uid = uid
        self.isLease = isLease
    }

    var messageID: String { MessageID.runFinished.rawValue }

    /// A run that came to its end as it was meant to is only information.
    var level: Logger.Level { receipt.outcome == .ok ? .info : .notice }

    /// Such as `run 4f2a-1: io, 1 process of 4 threads, warm: ok, 16 tasks in 26.074 ms`.
    var description: String {
        let reason = receipt.reason.map { " (\($0))" } ?? ""
        return
            "\(isLease ? "lease" : "run") \(receipt.job): \(receipt.workload), \(Self.counted(receipt.processes, "process", "es")) of "
            + "\(Self.counted(receipt.threads, "thread")), \(receipt.temperature.rawValue)\(reason): "
            + "\(receipt.outcome.rawValue), \(Self.counted(receipt.tasks.total, "task"))\(failed)\(died) in \(milliseconds) ms"
    }

    /// Every ``RunField`` in its order.
    var fields: [(name: String, value: String)] {
        let times = microseconds
        return RunField.allCases.map { ($0.rawValue, value(of: $0, times)) }
    }

    private func value(of field: RunField, _ times: Phases) -> String {
        switch field {
        case .job: receipt.job
        case .workload: receipt.workload
        case .mode: receipt.mode.rawValue
        case .runtime: runtime
        case .processes: String(receipt.processes)
        case .threads: String(receipt.threads)
        case .temperature: receipt.temperature.rawValue
        case .coldReason: receipt.reason ?? ""
        case .tasks: String(receipt.tasks.total)
        case .tasksFailed: String(failures)
        case .deaths: String(receipt.deaths)
        case .reruns: String(receipt.reruns)
        case .timeLost: String(receipt.timeLost.wholeMicroseconds)
        case .queue: String(times.queue)
        case .startup: String(times.startup)
        case .dispatch: String(times.dispatch)
        case .run: String(times.run)
        case .collect: String(times.collect)
        case .teardown: String(times.teardown)
        case .elapsed: String(times.sum)
        case .taskSum: String(receipt.task.sum.wholeMicroseconds)
        case .taskCPU: String(receipt.task.cpuSum.wholeMicroseconds)
        case .taskHistogram: receipt.task.max == 0 ? "" : receipt.histograms?.task ?? ""
        case .dispatchHistogram: receipt.histograms?.dispatch ?? ""
        case .peerUID: String(uid)
        }
    }

    /// The phases between boundaries that are cut down to whole microseconds, as ``RunField`` explains.
    private var microseconds: Phases {
        let phases = receipt.phases
        var boundary = 0
        func next(_ phase: Int) -> Int {
            defer { boundary += phase }
            return (boundary + phase).wholeMicroseconds - boundary.wholeMicroseconds
        }
        return Phases(
            queue: next(phases.queue), startup: next(phases.startup), dispatch: next(phases.dispatch),
            run: next(phases.run), collect: next(phases.collect), teardown: next(phases.teardown))
    }

    /// What the workers were made of, as pools call it.
    private var runtime: String {
        guard let name = Catalogue.definition(named: receipt.workload)?.runtime else { return "" }
        guard RuntimeName.users.contains(name), let function = receipt.arguments["function"],
            let colon = function.utf8.lastIndex(of: UInt8(ascii: ":"))
        else { return name }
        return "\(name):\(function[..<colon])"
    }

    private var failures: Int { receipt.tasks.failed + receipt.tasks.lost }

    private var failed: String { failures == 0 ? "" : " (\(failures) failed)" }

    private var died: String {
        receipt.deaths == 0 ? "" : " (\(Self.counted(receipt.deaths, "worker")) died)"
    }

    private var milliseconds: String {
        let time = receipt.elapsed.wholeMicroseconds
        let rest = String(time % 1000)
        return "\(time / 1000)." + String(repeating: "0", count: max(3 - rest.count, 0)) + rest
    }

    private static func counted(_ number: Int, _ noun: String, _ plural: String = "s") -> String {
        "\(number) \(noun)\(number == 1 ? "" : plural)"
    }
}

extension Int {
    /// Nanoseconds, cut down to whole microseconds.
    var wholeMicroseconds: Int { (self - (self % 1000 + 1000) % 1000) / 1000 }
}
