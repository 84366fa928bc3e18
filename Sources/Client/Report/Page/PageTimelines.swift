import Control

/// The timelines of a page, one below the other on one time axis, by worker and, where they are few, by task.
struct PageTimelines: Sendable {
    let runs: [RecordedRun]
    let chosen: String?

    init(_ runs: [RecordedRun], chosen: String?) {
        self.runs = runs
        self.chosen = chosen
    }

    /// Steps of the axis; every other mark is left out on a narrow screen.
    private static let marks = 8

    private var axis: TimeAxis { TimeAxis(span: runs.map(\.receipt.elapsed).max() ?? 1, marks: Self.marks) }

    /// Whether a row for each task can be chosen.
    private var hasTasks: Bool {
        (runs.map(\.receipt.tasks.total).max() ?? 0) <= TimelineSVG.taskRows
    }

    var markup: String {
        guard runs.contains(where: { $0.receipt.elapsed > 0 }) else { return "" }
        let choice =
            hasTasks
            ? """
            <input type="radio" name="rows" id="by-workers" class="rows-choice" checked><label for="by-workers">a row for \
            each worker</label>
            <input type="radio" name="rows" id="by-tasks" class="rows-choice"><label for="by-tasks">a row for each \
            task</label>

            """ : ""
        let chosen = chosen.map { "<p class=\"note\">Drawn: \(Markup.escaped($0)).</p>\n" } ?? ""
        return """
            <h2>When each task ran</h2>
            \(chosen)<p class="note">The strip above the rows shows the run's phases. Point at a bar, or move to it with Tab \
            and the arrow keys, for its figures.</p>
            \(legend)\(choice)<div class="timelines">
            \(runs.map(figure).joined())\(axisMarkup)</div>

            """
    }

    private func figure(_ run: RecordedRun) -> String {
        let receipt = run.receipt
        let plots = (hasTasks ? [Lanes.Kind.workers, .tasks] : [.workers]).map { kind in
            let lanes = Lanes(run, by: kind, span: axis.span, room: TimelinePlot.room)
            let plot = TimelinePlot(run: run, lanes: lanes, axis: axis)
            let names = plot.names.map { "<span>\(Markup.escaped($0))</span>" }.joined()
            let notes = plot.notes.map { "<p class=\"note\">\(Markup.escaped($0))</p>\n" }.joined()
            return """
                <div class="\(kind.rawValue)"><div class="plot"><div class="names" aria-hidden="true">\(names)</div>\
                <svg height="\(plot.height)" role="group" aria-label="\(Markup.escaped(run.label)), a row for each \
                \(kind.rawValue.dropLast())">
                \(plot.markup)</svg></div>
                \(notes)</div>

                """
        }
        let done =
            receipt.outcome == .ok ? receipt.end : "<span class=\"bad-text\">\(receipt.end)</span>"
        let startup = receipt.phases.startup > 0 ? ", start-up \(Markup.style.duration(receipt.phases.startup))" : ""
        return """
            <figure><figcaption>\(Markup.escaped(run.label)) <small>\(Markup.style.duration(receipt.elapsed))\(startup), \
            \(done)</small></figcaption>
            \(plots.joined())</figure>

            """
    }

    private var axisMarkup: String {
        let axis = axis
        let marks = axis.marks.enumerated().map { index, mark in
            let share = axis.share(mark)
            let place = mark == 0 ? "first" : share > 0.97 ? "last" : index.isMultiple(of: 2) ? "major" : "minor"
            let isMinor = !index.isMultiple(of: 2) && place == "last" ? " minor" : ""
            return
                "<text class=\"\(place)\(isMinor)\" x=\"\(Markup.percent(share))\" y=\"14\">\(axis.label(mark))</text>"
        }
        return "<div class=\"plot axis\"><div></div><svg aria-hidden=\"true\">\(marks.joined())</svg></div>\n"
    }

    /// What the drawings have, of all that they can have.
    private var legend: String {
        let drawn = TimelineSVG.drawn(runs, kinds: hasTasks ? [.workers, .tasks] : [.workers], span: axis.span)
        let entries = [
            ("startup", "start-up, until all workers were ready"), ("even", "a task"), ("odd", "the next task"),
            ("bad", "a task that did not end ok"), ("skyline", "how much of the time went into tasks"),
            ("trouble", "tasks that did not end ok"), ("phase", "queue, dispatch, collect, teardown"),
        ].filter { drawn.contains($0.0) || $0.0 == "phase" }
        return "<ul class=\"legend\">"
            + entries.map { name, words in
                "<li><svg aria-hidden=\"true\"><rect class=\"\(name)\" width=\"16\" height=\"12\"/></svg>\(words)</li>"
            }.joined() + "</ul>\n"
    }
}
