import Control

/// Timelines of runs for a terminal: a row for each worker or task, time across on one axis for all of them.
public struct TimelineText: Sendable {
    let runs: [RecordedRun]
    let kind: Lanes.Kind
    let style: TextStyle
    /// Rows that one run may take.
    let rows: Int

    /// Rows where nobody says how many there is room for.
    public static let defaultRows = 48
    /// Columns for a mark's label and a gap.
    private static let markWidth = 12
    private static let leastColumns = 10
    private static let indent = 2

    public init(_ runs: [RecordedRun], by kind: Lanes.Kind, style: TextStyle, rows: Int = Self.defaultRows) {
        self.runs = runs
        self.kind = kind
        self.style = style
        self.rows = max(rows, 1)
    }

    /// The whole drawing, each line ended; empty where there is no run.
    public var text: String {
        let span = runs.map(\.receipt.elapsed).max() ?? 0
        guard span > 0 else { return "" }
        // Names are known only when the rows are, but numbers tell how wide they will be.
        let gutter = Self.indent + runs.map { name(greatest(of: $0)).count }.reduce(0, max) + 2
        let columns = max(style.width - gutter, Self.leastColumns)
        let room = Lanes.Room(rows: rows, rowBars: columns / 2, bars: .max, columns: columns)
        var lines: [String] = []
        var seen = Set<TimelineCell>()
        for run in runs {
            let lanes = Lanes(run, by: kind, span: span, room: room)
            if runs.count > 1 {
                lines.append("  " + style.paint(style.clean(run.label, limit: max(style.width - 2, 8)), .bold))
            }
            for row in lanes.rows {
                let cells = TimelineCell.cells(of: row, in: lanes, startup: run.startup, columns: columns)
                seen.formUnion(cells)
                lines.append(line(name(row.number), gutter: gutter, cells))
            }
            for note in notes(lanes) { lines += wrapped(note, gutter: gutter) }
        }
        lines += axis(TimeAxis(span: span, marks: max(columns / Self.markWidth, 1)), gutter: gutter, columns: columns)
        let legend = TimelineCell.legend(seen, unicode: style.unicode)
        if !legend.isEmpty { lines += wrapped(legend, gutter: gutter) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func greatest(of run: RecordedRun) -> Int {
        max((kind == .workers ? run.receipt.workers : run.receipt.tasks.total) - 1, 0)
    }

    private func name(_ number: Int) -> String {
        kind.name(number)
    }

    private func line(_ name: String, gutter: Int, _ cells: [TimelineCell]) -> String {
        var line = "  " + name + String(repeating: " ", count: max(gutter - Self.indent - name.count, 1))
        // Cells of one ink are painted at once.
        var rest = cells[...]
        while let last = rest.last, last == .empty { rest.removeLast() }
        while let first = rest.first {
            let part = rest.prefix { $0.ink == first.ink }
            line += style.paint(String(part.map { style.unicode ? $0.glyph : $0.plainGlyph }), first.ink)
            rest = rest.dropFirst(part.count)
        }
        return line
    }

    /// What the rows don't show.
    private func notes(_ lanes: Lanes) -> [[String]] {
        var notes: [[String]] = []
        if let tasks = lanes.tasksPerColumn {
            notes.append([
                "binned: about \(Units.about(tasks)) tasks a column of "
                    + style.duration(Int(lanes.binTime.rounded()))
            ])
        }
        if lanes.every > 1 {
            let noun = kind == .workers ? "worker" : "task"
            notes.append([
                "\(Units.grouped(lanes.rows.count)) of \(Units.counted(lanes.total, noun)) shown, one in \(lanes.every)"
            ])
        }
        if lanes.troubled.hidden > 0 {
            notes.append(["\(Units.counted(lanes.troubled.hidden, "task")) that did not end ok not shown"])
        }
        if lanes.neverRan > 0 { notes.append(["\(Units.counted(lanes.neverRan, "task")) never ran"]) }
        return notes.isEmpty ? [] : [notes.flatMap(\.self)]
    }

    private func wrapped(_ parts: [String], gutter: Int) -> [String] {
        style.flow(parts, indent: gutter).enumerated().map { index, line in
            style.paint((index == 0 ? String(repeating: " ", count: gutter) : "") + line, .dim)
        }
    }

    /// A rule with ticks, and the times below them: each begins under its tick or, at the right edge, ends there, and is
    /// left out where it would not fit.
    private func axis(_ axis: TimeAxis, gutter: Int, columns: Int) -> [String] {
        let (rule, first, tick, last) = style.unicode ? ("─", "└", "┴", "┘") : ("-", "+", "+", "+")
        var rules = [String](repeating: rule, count: columns)
        var labels = String(repeating: " ", count: gutter)
        for mark in axis.marks {
            let column = min(Int(axis.share(mark) * Double(columns)), columns - 1)
            rules[column] = mark == 0 ? first : column == columns - 1 ? last : tick
            let label = axis.label(mark, unicode: style.unicode)
            let place = gutter + min(column, columns - label.count)
            guard labels.count <= place else { continue }
            labels += String(repeating: " ", count: place - labels.count) + label + " "
        }
        while labels.last == " " { labels.removeLast() }
        return [style.paint(String(repeating: " ", count: gutter) + rules.joined(), .dim), style.paint(labels, .dim)]
    }
}
