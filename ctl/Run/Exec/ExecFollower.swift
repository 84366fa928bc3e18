import Control
import Glibc

/// Takes in what the commands of a run wrote and how they ended, while they end.
final class ExecFollower {
    let plan: ExecPlan
    private var printer: OutputPrinter
    /// The exit status of the command that failed first; nil while none has.
    private(set) var firstFailure: Int32?

    /// - Parameter isBesideData: whether standard output is for a document, so that commands' output goes elsewhere.
    init(_ plan: ExecPlan, isBesideData: Bool) {
        self.plan = plan
        let tag: ((Int) -> String)? = plan.isTagged ? { plan.arguments[$0].text } : nil
        printer = OutputPrinter(output: isBesideData ? STDERR_FILENO : STDOUT_FILENO, tag: tag)
    }

    /// The run has been accepted, which is the zero of all times in records.
    func begin() throws(Failure) {
        try plan.log?.begin()
    }

    func take(_ piece: Output) throws(Failure) {
        try printer.print(piece)
        guard let record = piece.record else { return }
        if record.status == "failed", firstFailure == nil { firstFailure = Self.status(of: record.command) }
        tell(of: record)
        try plan.log?.add(record, number: plan.arguments[piece.task].number, line: plan.line(of: piece.task))
    }

    /// Says why a command failed that could not say so itself: it was not started, or it was ended.
    private func tell(of record: Record) {
        guard record.status == "failed" || record.status == "lost", let reason = record.reason else { return }
        if let command = record.command, reason.hasSuffix(" exit code \(command.exitCode)") { return }
        StandardError.write("parctl: \(plan.line(of: record.task)): \(reason)\n")
    }

    /// As shells have it: the exit code, or 128 and the signal's number.
    private static func status(of command: CommandRecord?) -> Int32 {
        guard let command else { return ExecStatus.other }
        return command.signal > 0 ? 128 + Int32(command.signal) : Int32(max(command.exitCode, 1))
    }
}

/// The exit statuses of `parctl run exec`, which are GNU parallel's.
enum ExecStatus {
    /// More commands failed than there are numbers for.
    static let many: Int32 = 101
    /// Anything else than a command went wrong.
    static let other: Int32 = 255

    /// The status of a run: how many commands failed, or where one was enough to halt it, that one's own.
    static func status(_ receipt: Receipt, halt: Halt?, firstFailure: Int32?) -> Int32 {
        let failed = receipt.tasks.failed + receipt.tasks.lost
        if failed > 0, halt?.failures == 1, let firstFailure { return firstFailure }
        return Int32(min(failed, Int(many)))
    }

    static let help = """
        EXIT STATUS:
          0        every command ended with exit code 0
          1 - 100  so many commands failed
          101      more than 100 commands failed
          130      the run was cancelled
          255      anything else went wrong: wrong usage, no daemon, not permitted
          With --halt now,fail=1 or soon,fail=1 it is that of the command that failed.
        """
}
