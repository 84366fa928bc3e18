import Control
import Glibc

/// A summary of finished runs as one HTML page that needs nothing but itself: warm beside cold, as figures and drawn on one
/// scale.
public struct HistoryPage: Sendable {
    let summary: HistorySummary
    /// Which runs these are.
    let subject: String
    /// When and by what it was made.
    let note: String

    /// - Parameters:
    ///   - subject: such as `runs of io since today`.
    ///   - note: the time of day, as people read it.
    public init(_ summary: HistorySummary, subject: String, note: String) {
        self.summary = summary
        self.subject = subject
        self.note = note
    }

    private static let style = String(decoding: PackageResources.page_css, as: UTF8.self)
    private static let own = """
        .median{stroke:var(--ink);stroke-width:1.5}.spread{stroke-width:7;stroke-linecap:butt}
        .warm .spread{stroke:var(--start)}.cold .spread{stroke:var(--even)}
        .warm .median{fill:var(--start)}.cold .median{fill:var(--even)}
        td.wide{width:20rem;min-width:14rem}td.wide svg{height:26px;overflow:visible}.legend .median{stroke-width:1}
        tbody th,.key{text-align:left}tr.next td,tr.next th{border-top:2px solid var(--rule)}

        """

    /// The whole document.
    public var text: String {
        let title = Markup.escaped("Warm beside cold: \(subject)")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            img-src data:; base-uri 'none'; form-action 'none'">
            <link rel="icon" href="data:,">
            <title>\(title)</title>
            <style>
            \(TimelineSVG.colors)@media print{\(TimelineSVG.colors.prefix { $0 != "\n" })}
            \(Self.style)\(Self.own)</style>
            </head>
            <body>
            <main>
            <h1>\(title)</h1>
            <p class="meta">\(Markup.escaped("made by parctl \(Version.current), \(note)"))</p>
            \(summary.groups.isEmpty ? "<p class=\"verdict\">No such runs have ended.</p>\n" : table)</main>
            </body>
            </html>

            """
    }

    private var table: String {
        let keys = summary.keys
        let names = keys.map { "<th scope=\"col\" class=\"key\">\($0.rawValue)</th>" }.joined()
        let sides = ["warm runs", "median", "p99", "cold runs", "median", "p99"].map {
            "<th scope=\"col\">\($0)</th>"
        }.joined()
        let scale = Scale(summary)
        var rows = ""
        for group in summary.groups {
            for (index, time) in HistorySummary.times.enumerated() {
                let heads = keys.map { key in
                    "<th scope=\"row\">\(index == 0 ? Markup.escaped(group.value(key)) : "")</th>"
                }.joined()
                let spreads = [group.warm, group.cold].map { $0.map(time.of) }
                let figures = zip([group.warm, group.cold], spreads).map { side, spread in
                    guard let side, let spread else { return "<td>\(index == 0 ? "0" : "")</td><td>-</td><td>-</td>" }
                    return "<td>\(index == 0 ? Units.grouped(side.runs) : "")</td>"
                        + "<td>\(Markup.style.duration(spread.median))</td><td>\(Markup.style.duration(spread.p99))</td>"
                }.joined()
                let drawing = scale.drawing(warm: spreads[0], cold: spreads[1])
                rows +=
                    "<tr\(index == 0 ? " class=\"next\"" : "")>\(heads)<td class=\"key\">\(time.name)</td>\(figures)"
                    + "<td class=\"wide\">\(drawing)</td></tr>\n"
            }
        }
        return """
            <ul class="legend" aria-hidden="true"><li class="warm">\(Self.sample)warm</li>\
            <li class="cold">\(Self.sample)cold</li></ul>
            <p class="note">Points are medians, bars reach to the 99th percentile; the scale is logarithmic, from \
            \(Markup.style.duration(scale.low)) to \(Markup.style.duration(scale.high)). Task times are of all tasks where \
            their runs tell how these are spread, and of the runs' average tasks else.</p>
            <div class="scroll" tabindex="0" role="region" aria-label="Table of runs">
            <table>
            <thead><tr>\(names)<th scope="col"><span hidden>time</span></th>\(sides)<th scope="col" \
            aria-label="times, drawn"></th></tr></thead>
            <tbody>
            \(rows)</tbody>
            </table>
            </div>

            """
    }

    private static let sample = """
        <svg><line class="spread" x1="3" x2="16" y1="6" y2="6"/><circle class="median" cx="4" cy="6" r="3"/></svg>
        """

    /// Where times stand in a drawing: on a logarithmic scale that all of them have in common.
    private struct Scale {
        /// Nanoseconds.
        let low: Int
        let high: Int

        init(_ summary: HistorySummary) {
            let spreads = summary.groups.flatMap { group in
                [group.warm, group.cold].compactMap(\.self).flatMap { side in HistorySummary.times.map { $0.of(side) } }
            }
            let times = spreads.flatMap { [$0.median, $0.p99] }.filter { $0 > 0 }
            // Whole powers of ten, two at least.
            let least = floor(log10(Double(max(times.min() ?? 1000, 1))))
            let most = max(ceil(log10(Double(max(times.max() ?? 1_000_000, 1)))), least + 1)
            low = Int(pow(10, least))
            high = Int(clamping: Int64(min(pow(10, most), 9e18)))
        }

        private func place(_ time: Int) -> String {
            guard time > low else { return Markup.percent(0) }
            let share = log(Double(time) / Double(low)) / log(Double(high) / Double(low))
            return Markup.percent(min(max(share, 0), 1))
        }

        func drawing(warm: HistorySummary.Spread?, cold: HistorySummary.Spread?) -> String {
            let parts = [("warm", warm, 7), ("cold", cold, 19)].compactMap { name, spread, y -> String? in
                guard let spread, spread.p99 > 0 else { return nil }
                let (from, to) = (place(spread.median), place(spread.p99))
                return "<g class=\"\(name)\">"
                    + "<line class=\"spread\" x1=\"\(from)\" x2=\"\(to)\" y1=\"\(y)\" y2=\"\(y)\"/>"
                    + "<circle class=\"median\" cx=\"\(from)\" cy=\"\(y)\" r=\"4\"/></g>"
            }
            return parts.isEmpty ? "" : "<svg aria-hidden=\"true\">\(parts.joined())</svg>"
        }
    }
}
