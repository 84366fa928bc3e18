import Control
import Glibc

/// Takes in what the functions of a run print and how they end, while they do. Standard output is for their results, so that all
/// they print goes to standard error.
final class FunctionFollower: RunFollower {
    private let plan: FunctionPlan
    private var printer: OutputPrinter

    init(_ plan: FunctionPlan) {
        self.plan = plan
        printer = OutputPrinter(output: STDERR_FILENO)
    }

    func begin() throws(CommandError) {
        try plan.log?.begin()
    }

    func take(_ piece: Output, _ interruption: Interruption) throws {
        let tag = plan.isTagged ? Array((plan.items?.text(of: piece.task) ?? "").utf8) : nil
        try printer.print(piece, tag: tag, interruption)
        guard let record = piece.record, let log = plan.log else { return }
        let task = piece.task
        try log.add(record, number: plan.items?.number(of: task) ?? task + 1, line: Array((plan.items?.text(of: task) ?? "").utf8))
    }
}
