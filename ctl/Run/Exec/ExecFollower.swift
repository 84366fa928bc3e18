import Control
import Glibc
import Report

/// Takes in what the commands of a run wrote and how they ended, while they end.
final class ExecFollower {
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

    /// The run has been accepted, which is the zero of all times in records.
    func begin() throws(CommandError) {
        try plan.log?.begin()
    }

    /// Throws a ``CommandError``, or what `interruption` throws while a piece is printed.
    func take(_ piece: Output, _ interruption: Interruption) throws {
        try printer.print(piece, interruption)
        guard let record = piece.record else { return }
        if record.status == "failed" { first = FirstFailure(record, or: first) }
        tell(of: record)
        try plan.log?.add(record, number: plan.arguments[piece.task].number, line: plan.line(of: piece.task))
    }

    /// Says why a command failed that could not say so itself: it was not started, or it was ended.
    private func tell(of record: Record) {
        guard record.status == "failed" || record.status == "lost", let reason = record.reason else { return }
        if let command = record.command, command.spawn > 0, command.exitCode > 0, command.cause == nil { return }
        // Arguments are often names of files, which may hold anything.
        StandardError.write("parctl: \(style.clean(plan.line(of: record.task))): \(style.clean(reason))\n")
    }
}
