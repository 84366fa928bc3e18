import Control
public import Journal
public import Linux
public import Logging

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
