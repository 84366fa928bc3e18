import Control

/// A receipt for people: what ran and on what, where the time went, what the tasks took, what follows, what each
/// worker cost, and what failed.
public struct ReceiptText {
    let receipt: Receipt
    let look: Look
    /// What a task was given.
    let naming: ((Int) -> String)?

    /// How many workers are listed one by one.
    public static let workersShown = 8
    /// How many reasons of failure are listed.
    public static let failuresShown = 5
    /// How long a reason may be, in characters.
    static let reasonShown = 300
    /// Where the second column of the lines below the phases begins.
    static let indent = 14

    /// - Parameter naming: says what a task was given; nil where tasks are given nothing.
    public init(_ receipt: Receipt, look: Look, naming: ((Int) -> String)? = nil) {
        self.receipt = receipt
        self.look = look
        self.naming = naming
    }

    /// The whole text, each line ended.
    public var text: String {
        let blocks = [headline, PhaseTable(receipt, look: look).lines, tasks + derived, workers, failures]
        return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private var headline: [String] {
        let temperature =
            switch receipt.temperature {
            case .warm: look.paint("warm", .yellow)
            case .cold: look.paint("cold", .cyan) + (receipt.reason.map { " (\(look.clean($0)))" } ?? "")
            }
        let command = look.paint(look.clean(receipt.command), .bold)
        return [
            [command, receipt.arrangement(times: look.times), temperature, outcome].joined(separator: look.separator)
        ]
    }

    private var outcome: String {
        let tasks = receipt.tasks
        let done = "\(Units.grouped(tasks.ok)) of \(Units.counted(tasks.total, "task")) ok"
        return switch receipt.outcome {
        case .ok: look.paint(tasks.total == 1 ? "1 task ok" : "all \(Units.counted(tasks.total, "task")) ok", .green)
        case .failed: look.paint("failed: \(done)", .red)
        case .cancelled: look.paint("cancelled: \(done)", .yellow)
        case .timeout: look.paint("timed out: \(done)", .red)
        }
    }

    private var tasks: [String] { TaskSummary(receipt, look: look).lines }
    private var derived: [String] { DerivedFigures(receipt, look: look).lines }

    private var workers: [String] {
        let costs = receipt.workerCosts
        guard costs.count > 0 else { return [] }
        var table = Table(
            [.right("worker"), .right("pid"), .right("tid"), .right("start-up"), .right("dispatch"), .right("tasks")],
            indent: 2)
        for cost in costs.prefix(costs.count > Self.workersShown + 1 ? Self.workersShown : costs.count) {
            table.rows.append([
                "\(cost.worker)", "\(cost.pid)", "\(cost.tid)",
                .init(cost.pid == 0 ? "never ready" : look.duration(cost.startup)),
                .init(cost.tasks == 0 ? "-" : look.duration(cost.dispatch)),
                .init(Units.grouped(cost.tasks)),
            ])
        }
        let rest = costs.count - table.rows.count
        return table.lines(look) + (rest > 0 ? [look.paint("  and \(Units.grouped(rest)) more", .dim)] : [])
    }

    private var failures: [String] {
        guard !receipt.failures.isEmpty else { return [] }
        let count = receipt.failures.count
        let listed = receipt.failures.prefix(count > Self.failuresShown + 1 ? Self.failuresShown : count)
        let shown = listed.flatMap { failure in
            let count = "  \(Units.grouped(failure.count))\(look.times) "
            let room = max(look.width - count.count, 20)
            let text = look.clean(failure.reason, limit: Self.reasonShown)
            var lines = look.flow(words: "\(text) (first: task \(Units.grouped(failure.firstTask)))", width: room)
            if let naming { lines.append(look.clean(naming(failure.firstTask), limit: room)) }
            let indent = String(repeating: " ", count: count.count)
            return zip(0..., lines).map { ($0 == 0 ? count : indent) + $1 }
        }
        let rest = count - listed.count
        return [look.paint("  failures", .red)] + shown
            + (rest > 0 ? [look.paint("  and \(Units.counted(rest, "other reason"))", .dim)] : [])
    }
}
