import Control

/// The exit statuses of `parctl run exec`, which are GNU parallel's.
enum ExecStatus {
    /// More commands failed than there are numbers for.
    static let many: Int32 = 101
    /// Anything else than a command went wrong.
    static let other: Int32 = 255

    /// The status of a run that failed: how many commands failed, or where one was enough to halt it, that one's own.
    static func status(_ tasks: Tasks, halt: Halt?, firstFailure: Int32?) -> Int32 {
        let failed = tasks.failed + tasks.lost
        // Such as workers that didn't start: no command is to blame.
        guard failed > 0 else { return other }
        if halt?.failures == 1, let firstFailure { return firstFailure }
        return Int32(min(failed, Int(many)))
    }

    static let help = """
        EXIT STATUS:
          0        every command ended with exit code 0
          1 - 100  so many commands failed
          101      more than 100 commands failed
          130      the run was cancelled
          255      anything else went wrong: wrong usage, no daemon or one that went away, not permitted, no workers
          With --halt now,fail=1 or soon,fail=1 it is that of the command that failed.
        """
}
