import Control

/// The inside of a run's timeline as SVG elements: lengths across are percentages, so that it fits any width, and lengths
/// down are pixels. Looks come from the style sheet of whatever it stands in.
struct TimelinePlot: Sendable {
    let run: RecordedRun
    let lanes: Lanes
    let axis: TimeAxis

    /// What a plot has room for: about 2,000 bars, of 250 in a row, still can be told apart and still are quick.
    static let room = Lanes.Room(rows: 64, rowBars: 250, bars: 2000, columns: 400)
    /// The strip of phases above the rows, and the gap below it.
    static let strip = 6
    private static let gap = 4
    /// The thinnest bar: one that is there must be seen.
    private static let thinnest = 0.0012

    var rowHeight: Int { lanes.kind == .workers ? 22 : 14 }
    private var barHeight: Int { rowHeight - (lanes.kind == .workers ? 6 : 3) }
    var top: Int { Self.strip + Self.gap }
    var height: Int { top + lanes.rows.count * rowHeight }

    /// The names of the rows, top down.
    var names: [String] {
        lanes.rows.map { lanes.kind.name($0.number) }
    }

    var markup: String {
        var markup = ""
        for mark in axis.marks {
            let x = Markup.percent(axis.share(mark))
            markup += "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"0\" y2=\"\(height)\"/>\n"
        }
        for (name, range) in run.phases where !range.isEmpty {
            let time = Markup.style.duration(range.count)
            markup += rect("phase \(name)", range, y: 0, height: Self.strip, title: "\(name) \(time)")
        }
        if let startup = run.startup {
            let time = Markup.style.duration(startup.count)
            markup += rect(
                "startup", startup, y: top, height: height - top, title: "start-up of all workers: \(time)")
        }
        for (place, row) in lanes.rows.enumerated() {
            let y = top + place * rowHeight + (rowHeight - barHeight) / 2
            markup += lanes.columns == nil ? bars(of: row, y: y) : bins(of: row, y: y)
        }
        return markup
    }

    private func bars(of row: Lanes.Row, y: Int) -> String {
        let columns = DetailColumns(of: run.receipt.workload)
        return row.bars.enumerated().map { index, record in
            let kind = record.isOK ? (index.isMultiple(of: 2) ? "even" : "odd") : "bad"
            return rect(
                "bar \(kind)", record.start..<record.stop, y: y, height: barHeight,
                title: TaskTip.text(record, columns), isFocusable: true)
        }.joined()
    }

    /// A row as a skyline: the higher, the more of that time went into tasks.
    private func bins(of row: Lanes.Row, y: Int) -> String {
        guard !row.bins.isEmpty else { return "" }
        var path = "M0 100"
        var trouble = ""
        var level = 0
        for (column, bin) in row.bins.enumerated() {
            let share = min(bin.busy / lanes.binTime, 1)
            let next = bin.busy > 0 ? max(Int((share * 100).rounded()), 4) : 0
            if next != level { path += "H\(column)V\(100 - next)" }
            level = next
            if bin.isTroubled { trouble += "M\(column) 0h1v100h-1z" }
        }
        path += "H\(row.bins.count)V100z"
        let skyline =
            "<svg y=\"\(y)\" width=\"100%\" height=\"\(barHeight)\" viewBox=\"0 0 \(row.bins.count) 100\" "
            + "preserveAspectRatio=\"none\"><path class=\"skyline\" d=\"\(path)\"/>"
            + (trouble.isEmpty ? "" : "<path class=\"trouble\" d=\"\(trouble)\"/>") + "</svg>\n"
        return skyline
            + rect(
                "bar row", 0..<lanes.span, y: y, height: barHeight, title: TaskTip.text(row, of: run),
                isFocusable: true)
    }

    /// - Parameter title: escaped.
    private func rect(
        _ name: String, _ time: Range<Int>, y: Int, height: Int, title: String, isFocusable: Bool = false
    ) -> String {
        let start = axis.share(time.lowerBound)
        let width = max(axis.share(time.upperBound) - start, Self.thinnest)
        let focus = isFocusable ? " tabindex=\"-1\" role=\"img\"" : ""
        return "<rect class=\"\(name)\" x=\"\(Markup.percent(start))\" y=\"\(y)\" width=\"\(Markup.percent(width))\" "
            + "height=\"\(height)\"\(focus)><title>\(title)</title></rect>\n"
    }

    /// What the rows don't show, in words.
    var notes: [String] {
        var notes: [String] = []
        if let tasks = lanes.tasksPerColumn {
            notes.append(
                "Binned: \(Units.counted(lanes.drawn, "task")) in columns of "
                    + "\(Markup.style.duration(Int(lanes.binTime.rounded()))), about \(Units.about(tasks)) tasks in "
                    + "each; the height is the share of that time in tasks.")
        }
        if lanes.every > 1 {
            notes.append(
                "Thinned: \(Units.grouped(lanes.rows.count)) of \(Units.grouped(lanes.total)) \(lanes.kind.rawValue) are "
                    + "drawn, one in \(lanes.every).")
        }
        if lanes.troubled.hidden > 0 {
            notes.append("\(Units.counted(lanes.troubled.hidden, "task")) that did not end ok in rows left out.")
        }
        if lanes.neverRan > 0 { notes.append("\(Units.counted(lanes.neverRan, "task")) never ran.") }
        return notes
    }
}
