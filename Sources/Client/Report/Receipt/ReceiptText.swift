import Control

/// A receipt for people: what ran and on what, where the time went, what the tasks took, what follows, what each
/// worker cost, and what failed.
public struct ReceiptText {
    let receipt: Receipt
    let style: TextStyle
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
    public init(_ receipt: Receipt, style: TextStyle, naming: ((Int) -> String)? = nil) {
        self.receipt = receipt
        self.style = style
        self.naming = naming
    }

    /// The whole text, each line ended.
    public var text: String {
        let blocks = [headline, PhaseTable(receipt, style: style).lines, tasks + derived, workers, failures]
        return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private var headline: [String] {
        let temperature =
            switch receipt.temperature {
            case .warm: style.paint("warm", .yellow)
            case .cold: style.paint("cold", .cyan) + (receipt.reason.map { " (\(style.clean($0)))" } ?? "")
            }
        let command = style.paint(style.clean(receipt.command), .bold)
        return [
            [command, receipt.arrangement(times: style.times), temperature, outcome].joined(separator: style.separator)
        ]
    }

    private var outcome: String {
        let tasks = receipt.tasks
        let done = "\(Units.grouped(tasks.ok)) of \(Units.counted(tasks.total, "task")) ok"
        return switch receipt.outcome {
        case .ok: style.paint(tasks.total == 1 ? "1 task ok" : "all \(Units.counted(tasks.total, "task")) ok", .green)
        case .failed: style.paint("failed: \(done)", .red)
        case .cancelled: style.paint("cancelled: \(done)", .yellow)
        case .timeout: style.paint("timed out: \(done)", .red)
        }
    }

    private var tasks: [String] { TaskSummary(receipt, style: style).lines }
    private var derived: [String] { ReceiptFigures(receipt, style: style).lines }

    private var workers: [String] {
        let costs = receipt.workerCosts
        guard costs.count > 0 else { return [] }
        var table = Table(
            [.right("worker"), .right("pid"), .right("tid"), .right("start-up"), .right("dispatch"), .right("tasks")],
            indent: 2)
        for cost in costs.prefix(costs.count > Self.workersShown + 1 ? Self.workersShown : costs.count) {
            table.rows.append([
                "\(cost.worker)", "\(cost.pid)", "\(cost.tid)",
                .init(cost.pid == 0 ? "never ready" : style.duration(cost.startup)),
                .init(cost.tasks == 0 ? "-" : style.duration(cost.dispatch)),
                .init(Units.grouped(cost.tasks)),
            ])
        }
        let rest = costs.count - table.rows.count
        return table.lines(style) + (rest > 0 ? [style.paint("  and \(Units.grouped(rest)) more", .dim)] : [])
    }

    private var failures: [String] {
        guard !receipt.failures.isEmpty else { return [] }
        let count = receipt.failures.count
        let listed = receipt.failures.prefix(count > Self.failuresShown + 1 ? Self.failuresShown : count)
        let shown = listed.flatMap { failure in
            let count = "  \(Units.grouped(failure.count))\(style.times) "
            let room = max(style.width - count.count, 20)
            let text = style.clean(failure.reason, limit: Self.reasonShown)
            var lines = style.flow(words: "\(text) (first: task \(Units.grouped(failure.firstTask)))", width: room)
            if let naming { lines.append(style.clean(naming(failure.firstTask), limit: room)) }
            let indent = String(repeating: " ", count: count.count)
            return zip(0..., lines).map { ($0 == 0 ? count : indent) + $1 }
        }
        let rest = count - listed.count
        return [style.paint("  failures", .red)] + shown
            + (rest > 0 ? [style.paint("  and \(Units.counted(rest, "other reason"))", .dim)] : [])
    }
}
