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
        let ink: TextStyle.Ink =
            switch receipt.outcome {
            case .ok: .green
            case .cancelled: .yellow
            case .failed, .timeout: .red
            }
        let parts: [(text: String, ink: TextStyle.Ink)] = [
            (style.clean(receipt.command, limit: max(style.width, 40) * 2), .bold),
            (receipt.arrangement(times: style.times), .plain),
            (
                receipt.temperature.rawValue + (receipt.reason.map { " (\(style.clean($0)))" } ?? ""),
                receipt.temperature == .warm ? .yellow : .cyan
            ),
            (receipt.end, ink),
        ]
        // Broken as it is without colours, which take no room.
        var lines: [String] = []
        var room = 0
        for (index, part) in parts.enumerated() {
            let pieces = part.text.count > style.width ? style.flow(words: part.text, width: style.width) : [part.text]
            for (place, piece) in pieces.enumerated() {
                let painted = style.paint(piece, part.ink)
                if index > 0, place == 0, room >= style.separator.count + piece.count {
                    lines[lines.count - 1] += style.separator + painted
                    room -= style.separator.count + piece.count
                } else {
                    lines.append(painted)
                    room = style.width - piece.count
                }
            }
        }
        return lines
    }

    private var tasks: [String] { TaskSummary(receipt, style: style).lines }
    private var derived: [String] { ReceiptFigures(receipt, style: style).lines }

    private var workers: [String] {
        let costs = receipt.workerCosts
        guard costs.count > 0 else { return [] }
        var table = Table(
            [
                .right("worker"), .right("pid", leaves: 2), .right("tid", leaves: 1), .right("start-up"),
                .right("dispatch", leaves: 3), .right("tasks"),
            ], indent: 2)
        for cost in costs.prefix(costs.count > Self.workersShown + 1 ? Self.workersShown : costs.count) {
            table.rows.append([
                "\(cost.worker + 1)", "\(cost.pid)", "\(cost.tid)",
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
            var lines = style.flow(words: "\(text) (first: task \(Units.grouped(failure.firstTask + 1)))", width: room)
            if let naming { lines.append(style.clean(naming(failure.firstTask), limit: room)) }
            let indent = String(repeating: " ", count: count.count)
            return zip(0..., lines).map { ($0 == 0 ? count : indent) + $1 }
        }
        let rest = count - listed.count
        return [style.paint("  failures", .red)] + shown
            + (rest > 0 ? [style.paint("  and \(Units.counted(rest, "other reason"))", .dim)] : [])
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

    /// Columns before the last one, at most.
    private static let room = 32

    /// What stands beside a start-up of 0: a warm run's workers were started before, and when.
    private var paid: String? {
        guard receipt.temperature == .warm, receipt.phases.startup == 0 else { return nil }
        guard let start = receipt.earlierStart(style) else { return "warm" }
        return Self.hasRoom(for: start, style) ? "warm: \(start)" : "warm"
    }

    /// Whether `start` stands beside the phases, rather than below them.
    static func hasRoom(for start: String, _ style: TextStyle) -> Bool {
        room + "warm: ".count + start.count <= style.width
    }

    private func bar(_ time: Int) -> String {
        guard receipt.elapsed > 0 else { return "" }
        return style.bar(Double(time) / Double(receipt.elapsed), columns: min(max(style.width - Self.room, 4), 24))
    }
}
