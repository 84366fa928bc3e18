import Control
import Glibc
import Report

/// Who is told how a run goes while it does.
protocol RunFollower: AnyObject {
    /// The run has been accepted, which is the zero of all times in records.
    func begin() throws(CommandError)
    /// Throws a ``CommandError``, or what `interruption` throws while a piece is printed.
    func take(_ piece: Output, _ interruption: Interruption) throws
    /// Takes what tasks have handed back, whole and in the order of the tasks. Throws as for an output.
    func take(early results: [Output], _ interruption: Interruption) throws
}

/// Takes in what the commands of a run wrote and how they ended, while they end.
final class ExecFollower: RunFollower {
    let plan: ExecPlan
    private var printer: OutputPrinter
    private let style: TextStyle
    private var first: FirstFailure?

    /// - Parameters:
    ///   - isBesideData: whether standard output is for a document, so that commands' output goes elsewhere.
    ///   - style: what standard error can show.
    init(_ plan: ExecPlan, isBesideData: Bool, style: TextStyle) {
        self.plan = plan
        self.style = style
        let tag: ((Int) -> String)? = plan.isTagged ? { plan.arguments[$0].text } : nil
        printer = OutputPrinter(output: isBesideData ? STDERR_FILENO : STDOUT_FILENO, tag: tag)
    }

    /// The exit status of the command that failed first; nil where none has.
    var firstFailure: Int32? { first?.status }

    func begin() throws(CommandError) {
        try plan.log?.begin()
    }

    func take(_ piece: Output, _ interruption: Interruption) throws {
        try printer.print(piece, interruption)
        guard let record = piece.record else { return }
        if record.status == "failed" { first = FirstFailure(record, or: first) }
        tell(of: record)
        try plan.log?.add(record, number: plan.arguments[piece.task].number, line: plan.line(of: piece.task))
    }

    /// Commands hand nothing back.
    func take(early results: [Output], _ interruption: Interruption) {}

    /// Says why a command failed that could not say so itself: it was not started, or it was ended.
    private func tell(of record: Record) {
        guard record.status == "failed" || record.status == "lost", let reason = record.reason else { return }
        if let command = record.command, command.spawn > 0, command.exitCode > 0, command.cause == nil { return }
        // Arguments are often names of files, which may hold anything.
        StandardError.write("parctl: \(style.clean(plan.line(of: record.task))): \(style.clean(reason))\n")
    }
}

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

/// What `parctl run exec --help` says beside the catalogue.
enum ExecHelp {
    static let text = """

        Without ':::' and --arg-file the arguments are read from standard input, one a line, to its end; then the first
        command starts. All commands of a run come to \(CallSize.limit >> 20) MiB at most, and an argument that is read to
        \(ArgumentList.longestArgument) bytes. The command begins with the first word that is no option of parctl, and all
        that follows is its own. Commands themselves have nothing to read (/dev/null).

        {}   the argument; at the end where the command has no place for it    {#}  its number, from 1
        {.}  without its extension      {/}  its last part      {//}  its directory      {/.}  {/} without extension

        Output comes whole, command by command; the receipt goes to standard error. --timeout is each command's, and
        --halt soon,fail=N or now,fail=N ends the run once N have failed.

        \(ExecStatus.help)

        """
}
