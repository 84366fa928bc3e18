import Control
import Timing

/// A comparison's verdict and table on a page, the speed-ups as points with their intervals.
struct PageComparison: Sendable {
    let comparison: Comparison

    init(_ comparison: Comparison) {
        self.comparison = comparison
    }

    var markup: String {
        let table = ComparisonTable(comparison, style: Markup.style)
        let figures = comparison.figures
        let greatest = figures.compactMap { $0.speedup.map { $0.interval?.high ?? $0.median } }.max() ?? 1
        // A little room on the right of the greatest, and the line at 1 always in sight.
        let scale = max(greatest, 1) * 1.08
        let headings = ComparisonTable.headings.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let rows = zip(table.cells, figures).map { cells, figures in
            let values = cells.dropFirst().map { "<td>\($0)</td>" }.joined()
            return
                "<tr><th scope=\"row\">\(cells[0])</th>\(values)<td class=\"wide\">\(range(figures, scale))</td></tr>\n"
        }
        let notes = table.notes.map { "<p class=\"note bad-text\">\(Markup.escaped($0)).</p>\n" }.joined()
        return """
            <p class="verdict">\(Markup.escaped(Verdict(comparison).sentence))</p>
            \(notes)<h2>Comparison</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Comparison table">
            <table>
            <caption>\(Markup.escaped(table.headline))</caption>
            <thead><tr>\(headings)<th scope="col" aria-label="speed-up, drawn"></th></tr></thead>
            <tbody>
            \(rows.joined())</tbody>
            </table>
            </div>
            <p class="note">\(table.explanation.map { "\($0). " }.joined())Points are speed-ups over serial, lines \
            their intervals, and the dashed line is serial.</p>

            """
    }

    private func range(_ figures: Comparison.Figures, _ scale: Double) -> String {
        let one = Markup.percent(1 / scale)
        var parts = "<line class=\"one\" x1=\"\(one)\" x2=\"\(one)\" y1=\"0\" y2=\"18\"/>"
        if let speedup = figures.speedup {
            if let interval = speedup.interval {
                let (low, high) = (Markup.percent(interval.low / scale), Markup.percent(interval.high / scale))
                parts += "<line class=\"range\" x1=\"\(low)\" x2=\"\(high)\" y1=\"9\" y2=\"9\"/>"
            }
            parts += "<circle class=\"point\" cx=\"\(Markup.percent(speedup.median / scale))\" cy=\"9\" r=\"4\"/>"
        }
        return "<svg aria-hidden=\"true\">\(parts)</svg>"
    }
}
