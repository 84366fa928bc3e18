import Control
public import Journal
public import Linux
public import Logging
import Pools
import Scheduling
import Timing

extension MessageID {
    /// How much it matters, where the entry doesn't say otherwise.
    var level: Logger.Level {
        switch self {
        case .runFinished, .poolWarm, .zygoteStarted, .configurationReloaded, .drained: .info
        case .refused: .notice
        case .workerLost, .forksFailed, .entriesDropped: .warning
        case .zygoteLost, .configurationRejected: .error
        }
    }
}

extension Logger {
    /// Logs what `id` stands for.
    ///
    /// - Parameters:
    ///   - message: all that a person needs to know: on standard error it stands alone.
    ///   - metadata: the same for programs: `pool` becomes the field `PARD_POOL`.
    ///   - level: the message ID's own if nil.
    func tell(_ id: MessageID, _ message: String, _ metadata: Metadata = [:], level: Level? = nil) {
        let level = level ?? id.level
        guard level >= logLevel else { return }
        var metadata = metadata
        metadata[LogEntry.messageIDKey] = .string(id.rawValue)
        log(level: level, "\(message)", metadata: metadata)
    }

    /// Logs a run that has ended.
    func tell(_ entry: RunEntry) {
        guard entry.level >= logLevel else { return }
        log(
            level: entry.level, "run finished",
            metadata: [LogEntry.detailsKey: .stringConvertible(entry)])
    }

    /// Logs what the supervisor tells beside the warmth of its pools, of which ``tellWarmth(of:)`` knows more.
    func tell(_ notice: Supervisor.Notice) {
        switch notice {
        case .warm, .ended: break
        case .workerLost(let pid, let pool, let exit):
            tell(
                .workerLost, "worker lost: process \(pid) of pool \(pool) ended with \(exit), and is replaced",
                ["pool": "\(pool)", "worker_pid": "\(pid)", "exit": "\(exit)"])
        case .zygoteStarted(let pid):
            tell(.zygoteStarted, "zygote started: process \(pid)", ["zygote_pid": "\(pid)"])
        case .zygoteLost(let pid, let exit):
            tell(
                .zygoteLost, "zygote lost: process \(pid) ended with \(exit), and is replaced",
                ["zygote_pid": "\(pid)", "exit": "\(exit)"])
        case .forksFailed(let count, let reason):
            tell(
                .forksFailed, "the zygote could not start \(count) of the workers that it was asked for: \(reason)",
                ["workers": "\(count)", "reason": "\(reason)"])
        case .trouble(let what): error("\(what)")
        case .refused(let what): self.notice("\(what)")
        case .failed(let why): critical("the pools have failed: \(why)")
        }
    }

    /// Logs, for each pool that has workers up, what starting them cost: from asking for the first to the last being
    /// ready, and for each worker, of which at most ``workersNamed`` are listed.
    func tellWarmth(of snapshot: Snapshot) {
        for kind in snapshot.kinds {
            let ready = snapshot.machine.members(of: kind).compactMap { unit in
                unit.readyAt.map { (asked: unit.askedAt, ready: $0) }
            }
            guard let first = ready.map(\.asked).min(), let last = ready.map(\.ready).max() else { continue }
            let total = last.since(first).wholeMicroseconds
            let each = ready.prefix(Self.workersNamed).map { $0.ready.since($0.asked).wholeMicroseconds }
            let name = snapshot.machine.name(of: kind)
            tell(
                .poolWarm, "pool \(name) is warm: \(ready.count) ready after \(total) µs",
                [
                    "pool": "\(name)", "workers": "\(ready.count)", "startup_usec": "\(total)",
                    "worker_startup_usec": .array(each.map { "\($0)" }),
                ])
        }
    }

    /// The journal takes 1024 fields an entry, and each worker of a warm pool is one.
    private static var workersNamed: Int { 512 }
}

/// The daemon's log, for as long as its program runs.
public struct DaemonLog: Sendable {
    /// Where it goes.
    public let target: LogTarget
    private let queue: LogQueue

    /// How long the program's end waits for a log that has stalled, in milliseconds.
    private static let patience: Int32 = 2000

    /// Starts it, towards the place that ``LogTarget/ofThisProcess()`` chooses.
    public init() throws(SystemError) {
        target = LogTarget.ofThisProcess()
        queue = try LogQueue(to: target.output, droppedID: MessageID.entriesDropped.rawValue)
    }

    /// A logger that writes into it.
    public func logger(_ label: String, level: Logger.Level = .info) -> Logger {
        Logger(label: label) { _ in QueueLogHandler(queue, level: level) }
    }

    /// Writes what is left. To be called once, before the program ends.
    public func finish() {
        queue.finish(within: Self.patience)
    }
}
