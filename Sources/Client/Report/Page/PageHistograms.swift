import Control

/// How long tasks took, as bars of a page: a small histogram for each run, all on one axis.
struct PageHistograms: Sendable {
    let runs: [RecordedRun]

    init(_ runs: [RecordedRun]) {
        self.runs = runs
    }

    private static let height = 84.0

    var markup: String {
        guard let histogram = TaskHistogram(runs) else { return "" }
        let scale = histogram.isLogarithmic ? "logarithmic" : "linear"
        return """
            <h2>How long tasks took</h2>
            <p class="note">Tasks by time, on a \(scale) axis\(runs.count > 1 ? " that all runs share" : ""); each \
            histogram is as high as its highest bar.</p>
            <div class="histograms">
            \(zip(runs, histogram.counts).map { figure($0, $1, histogram.edges) }.joined())</div>

            """
    }

    private func figure(_ run: RecordedRun, _ counts: [Int], _ edges: [Double]) -> String {
        let style = Markup.style
        let most = Double(max(counts.max() ?? 1, 1))
        func edge(_ index: Int) -> String { style.duration(Int(edges[index].rounded())) }
        var bars = ""
        for (bin, count) in counts.enumerated() where count > 0 {
            let height = max(Double(count) / most * (Self.height - 8), 2)
            let x = Markup.percent(Double(bin) / Double(counts.count))
            let width = Markup.percent(0.92 / Double(counts.count))
            bars +=
                "<rect class=\"bar even\" x=\"\(x)\" y=\"\(Units.fixed(Self.height - height, decimals: 1))\" "
                + "width=\"\(width)\" height=\"\(Units.fixed(height, decimals: 1))\" tabindex=\"-1\" role=\"img\"><title>"
                + "\(Units.counted(count, "task")) of \(edge(bin)) to \(edge(bin + 1))</title></rect>\n"
        }
        let median = run.receipt.task.max > 0 ? "median \(style.duration(run.receipt.task.p50))" : "no task ran"
        return """
            <figure class="histogram"><figcaption>\(Markup.escaped(run.label)) <small>\(median)</small></figcaption>
            <svg role="group" aria-label="Histogram of task times: \(Markup.escaped(run.label))">\(bars)</svg>
            <div class="edges"><span>\(edge(0))</span><span>\(edge(counts.count / 2))</span><span>\(edge(counts.count))\
            </span></div></figure>

            """
    }
}
