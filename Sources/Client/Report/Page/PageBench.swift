import Control

/// A bench on a page: its answers, its tables, its plots.
struct PageBench: Sendable {
    let bench: Bench

    init(_ bench: Bench) {
        self.bench = bench
    }

    var markup: String {
        let table = BenchTable(bench, style: Markup.style, showsPhases: true, showsMeans: true)
        let plots = BenchPlots(bench: bench)
        let answers =
            "<div class=\"verdict\">\n" + table.answers.map { "<p>\(Markup.escaped($0))</p>\n" }.joined() + "</div>\n"
        let doubts = table.doubts.map {
            "<p class=\"note bad-text\">Mind: \(Markup.escaped($0)).</p>\n"
        }.joined()
        let explanation = BenchTable.explanation.filter(table.explains).map { "\($0). " }.joined()
        // What answers the question stands open, what is for those who want to know more behind a line.
        let shown = table.parts.filter { !$0.isDetail }.map(part).joined()
        let details = table.parts.filter(\.isDetail).map { one in
            "<details><summary>\(Markup.escaped(one.title))</summary>\n\(rows(one))</details>\n"
        }
        return answers + doubts + shown + "<p class=\"note\">\(Markup.escaped(explanation))</p>\n"
            + group(
                "How long tasks took",
                "Warm tasks are drawn upwards, cold ones downwards, all on one axis; the longest "
                    + "one in a thousand is drawn at its end.", plots.histograms)
            + group(
                "From when on a cold pool is all right",
                "The share of a run that starting its pool is, by the number of tasks like these; marks are the 95 % intervals at "
                    + "1 and 10 percent.", plots.breakEvens)
            + group("Speed by the number of workers", "Over the fewest workers, round by round.", plots.scalings)
            + "<h2>Details</h2>\n" + details.joined()
    }

    private func part(_ part: BenchTable.Part) -> String {
        "<h2>\(Markup.escaped(part.title))</h2>\n\(rows(part))"
    }

    private func rows(_ part: BenchTable.Part) -> String {
        let headings = part.headings.enumerated().map { index, title in
            "<th scope=\"col\"\(index < part.words ? " class=\"word\"" : "")>\(Markup.escaped(title))</th>"
        }
        let rows = part.rows.map { row in
            "<tr>"
                + row.enumerated().map { index, cell in
                    index == 0
                        ? "<th scope=\"row\">\(Markup.escaped(cell))</th>"
                        : "<td\(index < part.words ? " class=\"word\"" : "")>\(Markup.escaped(cell))</td>"
                }.joined() + "</tr>\n"
        }
        let title = Markup.escaped(part.title)
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="\(title)">
            <table><thead><tr>\(headings.joined())</tr></thead>
            <tbody>
            \(rows.joined())</tbody></table>
            </div>

            """
    }

    private func group(_ title: String, _ note: String, _ pictures: [BenchPlots.Picture]) -> String {
        guard !pictures.isEmpty else { return "" }
        let figures = pictures.map { picture in
            let legend = picture.legend.map {
                "<li><svg aria-hidden=\"true\"><rect class=\"\($0.name)\" width=\"16\" height=\"12\"/></svg>\($0.words)</li>"
            }
            let name = Markup.escaped(picture.title)
            return """
                <figure class="histogram chart"><figcaption>\(name)</figcaption>
                <ul class="legend">\(legend.joined())</ul>
                <svg viewBox="0 0 \(Int(Plot.width)) \(Int(Plot.height))" role="group" aria-label="\(Markup.escaped(title)): \(name)">
                \(picture.markup)</svg></figure>

                """
        }
        return "<h2>\(Markup.escaped(title))</h2>\n<p class=\"note\">\(Markup.escaped(note))</p>\n"
            + "<div class=\"histograms\">\n\(figures.joined())</div>\n"
    }
}
