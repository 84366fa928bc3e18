import Control

/// Timelines of runs as one SVG picture, one below the other on one time axis: a row a task while they are few, a row a
/// worker otherwise.
public struct TimelineSVG: Sendable {
    let runs: [RecordedRun]
    let title: String

    private static let width = 960
    private static let gutter = 96
    private static let right = 24
    private static let caption = 24
    /// Tasks of one run up to which each has a row.
    static let taskRows = 64

    public init(_ runs: [RecordedRun], title: String) {
        self.runs = runs
        self.title = title
    }

    /// The whole document.
    public var text: String {
        let axis = TimeAxis(span: runs.map(\.receipt.elapsed).max() ?? 1, marks: 10)
        let most = runs.map(\.receipt.tasks.total).max() ?? 0
        let kind: Lanes.Kind = most <= Self.taskRows && runs.count == 1 ? .tasks : .workers
        var body = text(Markup.escaped(title), x: 16, y: 28, name: "title") + legend(kind, span: axis.span, y: 50)
        var y = 70
        for run in runs {
            let lanes = Lanes(run, by: kind, span: axis.span, room: TimelinePlot.room)
            let plot = TimelinePlot(run: run, lanes: lanes, axis: axis)
            let elapsed = Markup.style.duration(run.receipt.elapsed)
            body += text("\(Markup.escaped(run.label)): \(elapsed)", x: 16, y: y + 12, name: "caption")
            y += Self.caption
            for (place, name) in plot.names.enumerated() {
                let baseline = y + plot.top + place * plot.rowHeight + plot.rowHeight / 2 + 4
                body += text(name, x: Self.gutter - 10, y: baseline, name: "name")
            }
            body +=
                "<svg x=\"\(Self.gutter)\" y=\"\(y)\" width=\"\(Self.width - Self.gutter - Self.right)\" "
                + "height=\"\(plot.height)\">\n\(plot.markup)</svg>\n"
            y += plot.height + 6
            for note in plot.notes {
                body += text(Markup.escaped(note), x: Self.gutter, y: y + 12, name: "note")
                y += 18
            }
            y += 8
        }
        body += marks(axis, y: y + 8)
        let height = y + 28
        let label = Markup.escaped(title)
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.width)" height="\(height)" viewBox="0 0 \(Self.width) \
            \(height)" role="img" aria-label="\(label)">
            <style>\(Self.style)</style>
            \(Self.patterns)<rect class="paper" width="100%" height="100%"/>
            \(body)</svg>

            """
    }

    private func marks(_ axis: TimeAxis, y: Int) -> String {
        let width = Double(Self.width - Self.gutter - Self.right)
        return axis.marks.map { mark in
            let x = Self.gutter + Int((axis.share(mark) * width).rounded())
            return text(axis.label(mark), x: x, y: y + 4, name: "mark")
        }.joined()
    }

    /// The kinds of marks that timelines of `runs` have: `startup`, `even`, `odd` and `bad` bars, `skyline` and `trouble` of
    /// rows of many tasks.
    static func drawn(_ runs: [RecordedRun], kinds: [Lanes.Kind], span: Int) -> Set<String> {
        var drawn: Set<String> = []
        for run in runs {
            if run.startup != nil { drawn.insert("startup") }
            for kind in kinds {
                let lanes = Lanes(run, by: kind, span: span, room: TimelinePlot.room)
                for row in lanes.rows {
                    if lanes.columns != nil {
                        if row.tasks > 0 { drawn.insert("skyline") }
                        if row.troubled > 0 { drawn.insert("trouble") }
                        continue
                    }
                    for (index, record) in row.bars.enumerated() {
                        drawn.insert(record.isOK ? (index.isMultiple(of: 2) ? "even" : "odd") : "bad")
                    }
                }
            }
        }
        return drawn
    }

    private func legend(_ kind: Lanes.Kind, span: Int, y: Int) -> String {
        let drawn = Self.drawn(runs, kinds: [kind], span: span)
        let entries = [
            ("startup", "startup", "start-up"), ("even", "bar even", "task"), ("odd", "bar odd", "the next task"),
            ("bad", "bar bad", "not ok"), ("skyline", "skyline", "share of the time in tasks"),
            ("trouble", "trouble", "not ok"),
        ].filter { drawn.contains($0.0) }.map { ($0.1, $0.2) }
        var x = 16
        var markup = ""
        for (name, word) in entries {
            markup += "<rect class=\"\(name)\" x=\"\(x)\" y=\"\(y - 10)\" width=\"14\" height=\"12\"/>\n"
            markup += text(word, x: x + 20, y: y, name: "note")
            x += 40 + 7 * word.count
        }
        return markup
    }

    private func text(_ text: String, x: Int, y: Int, name: String) -> String {
        "<text class=\"\(name)\" x=\"\(x)\" y=\"\(y)\">\(text)</text>\n"
    }

    /// Hatchings, so that start-up and failures are told from tasks without colours. Used by the page too.
    static let patterns = """
        <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
        <rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2.5" height="6"/></pattern>\
        <pattern id="cross" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">\
        <rect class="cross-ground" width="6" height="6"/><rect class="cross-line" width="2" height="6"/></pattern></defs>

        """

    /// The colours of bars, of the page too, are of a palette made for eyes that tell few colours apart (Okabe and Ito).
    static let colors = """
        :root{--paper:#fff;--ink:#1d2530;--soft:#5b6673;--rule:#d9dee5;--even:#0072b2;--odd:#56a5d8;--start:#e69f00;\
        --start-soft:#fbe8c0;--bad:#b3164b;--bad-soft:#f3a6bf;--other:#8b95a3;--run:#0072b2}
        @media (prefers-color-scheme:dark){:root{--paper:#14181f;--ink:#e8ecf2;--soft:#a3adba;--rule:#2f3742;--even:#4aa8e0;\
        --odd:#8fcaf0;--start:#f0b23c;--start-soft:#4a3a17;--bad:#ff5c8a;--bad-soft:#7c2340;--other:#75808f;--run:#4aa8e0}}

        """

    /// How the parts of a plot look, wherever it stands.
    static let plotStyle = """
        .grid{stroke:var(--rule);stroke-width:1}
        .even{fill:var(--even)}.odd{fill:var(--odd)}.bad{fill:url(#cross)}
        .startup{fill:url(#hatch)}.skyline{fill:var(--even)}.trouble{fill:var(--bad)}.row{fill:transparent}
        .phase{fill:var(--other)}.phase.startup{fill:var(--start)}.phase.run{fill:var(--run)}
        .hatch-ground{fill:var(--start-soft)}.hatch-line{fill:var(--start)}
        .cross-ground{fill:var(--bad)}.cross-line{fill:var(--bad-soft)}

        """

    private static let style = colors + plotStyle + textStyle

    /// How texts look in a picture of its own.
    static let textStyle = """
        .paper{fill:var(--paper)}
        text{font:12px system-ui,sans-serif;fill:var(--ink)}
        .title{font-size:18px;font-weight:600}.caption{font-weight:600;font-size:13px}
        .name{text-anchor:end;fill:var(--soft)}.mark{text-anchor:middle;fill:var(--soft)}.note{fill:var(--soft)}
        """
}
