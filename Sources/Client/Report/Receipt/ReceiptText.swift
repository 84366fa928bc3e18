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

extension Receipt {
    /// The workload, its options and what its first task was given, as they would be typed. As users gave them: not yet
    /// fit for any place.
    var command: String {
        let options = arguments.sorted { $0.key < $1.key }.compactMap { name, value -> String? in
            switch value {
            case "", "false": nil
            case "true": "--\(name)"
            default: "--\(name) \(value)"
            }
        }
        return ([workload] + options + [input].compactMap(\.self)).joined(separator: " ")
    }

    /// The workers, in words: `4 threads`, `2 processes × 6 threads`, `serial`.
    func arrangement(times: String = "×") -> String {
        let processes = Units.counted(processes, "process")
        return switch mode {
        case .serial: "serial"
        case .threads: Units.counted(threads, "thread")
        case .processes: processes
        case .mixed: "\(processes) \(times) \(Units.counted(threads, "thread"))"
        }
    }
}

extension RecordedRun {
    /// The run of `receipt`, told apart by its workers and its temperature.
    public init(_ receipt: Receipt, blocks: [[Record]]) {
        self.init(
            label: "\(receipt.arrangement()), \(receipt.temperature.rawValue)", receipt: receipt, blocks: blocks)
    }
}

/// Where the time of a run went, phase by phase, with its share of the whole as a number and as a bar.
struct PhaseTable: Sendable {
    let receipt: Receipt
    let style: TextStyle

    init(_ receipt: Receipt, style: TextStyle) {
        self.receipt = receipt
        self.style = style
    }

    var lines: [String] {
        let phases = receipt.phases
        var table = Table([.left(""), .right(""), .right(""), .left("")], indent: 2)
        let all = [
            ("queue", phases.queue), ("startup", phases.startup), ("dispatch", phases.dispatch), ("run", phases.run),
            ("collect", phases.collect), ("teardown", phases.teardown),
        ]
        for (name, time) in all {
            let note = name == "startup" ? paid : nil
            table.rows.append([
                .init(name), .init(style.duration(time)), .init(Units.percent(time, of: receipt.elapsed), .dim),
                note.map { .init($0, .dim) } ?? .init(bar(time), name == "run" ? .green : .cyan),
            ])
        }
        table.rows.append([
            .init("elapsed", .bold), .init(style.duration(receipt.elapsed), .bold),
            .init(receipt.elapsed > 0 ? "100 %" : "", .dim), "",
        ])
        return table.lines(style)
    }

    /// What stands beside a start-up of 0: a warm run's workers were paid for once, and when.
    private var paid: String? {
        guard receipt.temperature == .warm, receipt.phases.startup == 0 else { return nil }
        guard receipt.poolStartupPaid > 0 else { return "warm" }
        return
            "warm: the pool paid \(style.duration(receipt.poolStartupPaid)) \(style.duration(receipt.poolReadyFor)) ago"
    }

    private func bar(_ time: Int) -> String {
        guard receipt.elapsed > 0 else { return "" }
        return style.bar(Double(time) / Double(receipt.elapsed), columns: min(max(style.width - 40, 10), 24))
    }
}
