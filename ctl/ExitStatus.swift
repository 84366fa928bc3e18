import Control

/// What `parctl` ends with. Thrown by a command that ends otherwise than with ``ok``.
enum ExitStatus: Int32, Error, CaseIterable {
    case ok = 0
    /// Some task failed or was lost; or what was asked about isn't there.
    case failed = 1
    case usage = 2
    case unreachable = 3
    case refused = 4
    /// The daemon went away after it had accepted the run.
    case lost = 5
    case timedOut = 124
    case cancelled = 130

    /// The status of a run that came to `outcome`; `interrupted` says that the user asked for its end.
    init(_ outcome: Receipt.Outcome, interrupted: Bool = false) {
        self =
            switch outcome {
            case _ where interrupted: .cancelled
            case .ok: .ok
            case .failed: .failed
            case .cancelled: .cancelled
            case .timeout: .timedOut
            }
    }

    /// The status of a call that the daemon answered with `error`.
    init(_ error: ControlError) {
        self =
            switch error {
            case .unknownWorkload, .badArgument: .usage
            case .noSuchJob, .noSuchPool: .failed
            case .busy, .limitExceeded, .notPermitted, .draining, .workersFailed: .refused
            }
    }

    /// The table of statuses in the help text.
    static let help = """
        EXIT STATUS:
          0    every task ended ok
          1    some task failed or was lost, there is no such job or pool, the journal can't be read, or a file
               or standard output can't be written to its end
          2    wrong usage
          3    the daemon can't be reached, or doesn't answer; nothing was run
          4    the daemon refused: busy, draining, over a limit, not permitted
          5    the daemon went away during the run
          124  the run timed out
          130  the run was cancelled
        """
}

/// An exit status that is none of this program's own: that of commands which it ran, or of what kept it from running
/// them.
struct CommandStatus: Error, Equatable {
    var code: Int32
    /// What to tell beside it; nil where everything has been said.
    var failure: CommandError?

    static func == (one: CommandStatus, other: CommandStatus) -> Bool { one.code == other.code }
}
