import Control

/// Of the commands that failed, the one that ended first, whatever the order in which they are told.
struct FirstFailure: Equatable {
    /// As shells have it: the exit code, or 128 and the signal's number.
    let status: Int32
    /// Nanoseconds since the run's acceptance.
    private let stop: Int

    /// `record`, or `other` where that ended before it.
    init(_ record: Record, or other: FirstFailure?) {
        if let other, other.stop <= record.stop {
            self = other
        } else {
            status = Self.status(of: record.command)
            stop = record.stop
        }
    }

    private static func status(of command: CommandRecord?) -> Int32 {
        guard let command else { return ExecStatus.other }
        return command.signal > 0 ? 128 + Int32(command.signal) : Int32(max(command.exitCode, 1))
    }
}
