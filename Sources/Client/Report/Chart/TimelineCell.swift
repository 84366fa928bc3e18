import Control

/// One character of a terminal's timeline.
enum TimelineCell: Hashable {
    case empty
    case startup
    /// The tasks of a row take turns, so that neighbours are told apart.
    case task(isOdd: Bool)
    /// A task that is shorter than a column.
    case short
    /// A column of many tasks, by the quarter of its time that they took.
    case share(Int)
    /// A task that did not end ok.
    case trouble

    var glyph: Character {
        switch self {
        case .empty: " "
        case .startup: "╌"
        case .task(let isOdd): isOdd ? "▓" : "█"
        case .short: "▏"
        case .share(let quarter): ["░", "▒", "▓", "█"][quarter]
        case .trouble: "╳"
        }
    }

    var plainGlyph: Character {
        switch self {
        case .empty: " "
        case .startup: "-"
        case .task(let isOdd): isOdd ? "=" : "#"
        case .short: "|"
        case .share(let quarter): [".", ":", "+", "#"][quarter]
        case .trouble: "x"
        }
    }

    var ink: TextStyle.Ink {
        switch self {
        case .empty: .plain
        case .startup: .cyan
        case .task, .short, .share: .green
        case .trouble: .red
        }
    }

    /// What `cells` mean, of those that need to be told.
    static func legend(_ cells: Set<TimelineCell>, unicode: Bool) -> [String] {
        func glyphs(_ cells: [TimelineCell]) -> String { String(cells.map { unicode ? $0.glyph : $0.plainGlyph }) }
        var legend: [String] = []
        if cells.contains(.startup) { legend.append("\(glyphs([.startup])) start-up") }
        let tasks = [TimelineCell.task(isOdd: false), .task(isOdd: true)].filter(cells.contains)
        if !tasks.isEmpty { legend.append("\(glyphs(tasks)) \(tasks.count == 1 ? "a task" : "tasks in turn")") }
        if cells.contains(.short) { legend.append("\(glyphs([.short])) a task shorter than a column") }
        if cells.contains(where: { if case .share = $0 { true } else { false } }) {
            let shares = (0..<4).map(share).filter(cells.contains)
            let (marks, least) = (glyphs(shares), (0..<4).first { cells.contains(share($0)) } ?? 0)
            legend.append(
                shares.count > 1
                    ? "\(marks) share of the time in tasks, by quarters"
                    : least > 0
                        ? "\(marks) \(least * 25) % of the time or more in tasks" : "\(marks) some time in tasks")
        }
        if cells.contains(.trouble) { legend.append("\(glyphs([.trouble])) not ok") }
        return legend
    }

    /// The cells of `row`, before them the run's start-up.
    static func cells(
        of row: Lanes.Row, in lanes: Lanes, startup: Range<Int>?, columns: Int
    ) -> [TimelineCell] {
        let width = Double(lanes.span) / Double(columns)
        var cells = [TimelineCell](repeating: .empty, count: columns)
        if let startup {
            // A start-up that is there shows something, if only until a task needs the place.
            for column in places(of: startup, columns: columns, width: width, atLeastHalf: true) {
                cells[column] = .startup
            }
        }
        if lanes.columns != nil {
            for (column, bin) in row.bins.enumerated() where column < columns && bin.busy > 0 {
                cells[column] = bin.isTroubled ? .trouble : .share(min(Int(bin.busy / width * 4), 3))
            }
            return cells
        }
        paint(row.bars, over: &cells, width: width)
        return cells
    }

    private static func paint(_ bars: [Record], over cells: inout [TimelineCell], width: Double) {
        var covered = [Double](repeating: 0, count: cells.count)
        var most = covered
        var owners = [Int](repeating: -1, count: cells.count)
        let places = bars.map {
            Self.places(of: $0.start..<$0.stop, columns: cells.count, width: width, atLeastHalf: false)
        }
        for (index, bar) in bars.enumerated() {
            for column in places[index] {
                let left = max(Double(bar.start), Double(column) * width)
                let part = max(min(Double(bar.stop), Double(column + 1) * width) - left, 0)
                covered[column] += part
                if part > most[column] { (most[column], owners[column]) = (part, index) }
            }
        }
        for column in cells.indices where covered[column] >= width / 2 {
            cells[column] = .task(isOdd: !owners[column].isMultiple(of: 2))
        }
        for (index, bar) in bars.enumerated() {
            let own = places[index].filter { owners[$0] == index && covered[$0] >= width / 2 }
            if !bar.isOK {
                for column in own.isEmpty ? [places[index].lowerBound] : own { cells[column] = .trouble }
            } else if own.isEmpty, !places[index].contains(where: { covered[$0] >= width / 2 }) {
                cells[places[index].lowerBound] = .short
            }
        }
    }

    /// The columns that `time` touches, one at least; or, of several, only those that it fills to half.
    private static func places(
        of time: Range<Int>, columns: Int, width: Double, atLeastHalf: Bool
    ) -> ClosedRange<Int> {
        let first = min(max(Int(Double(time.lowerBound) / width), 0), columns - 1)
        let last = min(max(Int((Double(time.upperBound) / width).rounded(.up)) - 1, first), columns - 1)
        guard atLeastHalf, first < last else { return first...last }
        let from = min(max(Int((Double(time.lowerBound) / width).rounded()), 0), columns - 1)
        let to = min(max(Int((Double(time.upperBound) / width).rounded()) - 1, from), columns - 1)
        return from...to
    }
}

/// What a chart says of one bar.
enum TaskTip {
    /// A task's figures on a few lines, escaped for markup.
    static func text(_ record: Record, _ columns: DetailColumns) -> String {
        let style = Markup.style
        let first =
            "\(Lanes.Kind.tasks.name(record.task)) on worker \(record.worker + 1) (pid \(record.pid), tid \(record.tid))"
        let times =
            "start \(style.duration(record.start)), stop \(style.duration(record.stop)), "
            + "took \(style.duration(record.stop - record.start))"
        // A time of 0 is none that was read: a task is never that short.
        let cpu = record.cpu > 0 ? "CPU \(style.duration(record.cpu))" : "CPU time not sampled"
        let attempt = record.attempt > 1 ? ", attempt \(record.attempt)" : ""
        let end = "\(cpu), \(record.status)\(attempt)" + (record.reason.map { ": \($0)" } ?? "")
        let told = record.detail ?? [:]
        let detail = columns.keys(of: told).map { "\($0) \(columns.text(told[$0] ?? 0, of: $0, style))" }
        let own = detail.isEmpty ? [] : [detail.joined(separator: ", ")]
        return ([first, times, end] + own).map(Markup.escaped).joined(separator: "\n")
    }

    /// What a row of binned tasks comes to, escaped for markup.
    static func text(_ row: Lanes.Row, of run: RecordedRun) -> String {
        let style = Markup.style
        let cost = run.receipt.workerCosts.first { $0.worker == row.number }
        let place = cost.map { " (pid \($0.pid), tid \($0.tid))" } ?? ""
        let mean = row.tasks > 0 ? ", \(style.duration(row.busy / row.tasks)) each on average" : ""
        let trouble = row.troubled > 0 ? "\n\(Units.counted(row.troubled, "task")) not ok" : ""
        return "worker \(row.number + 1)\(place): \(Units.counted(row.tasks, "task"))\n"
            + "\(style.duration(row.busy)) in tasks, "
            + "\(Units.percent(row.busy, of: run.receipt.elapsed)) of the run\(mean)\(trouble)"
    }
}
