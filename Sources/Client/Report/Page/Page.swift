import Control

/// A run or a comparison as one HTML page that needs nothing but itself: verdict and table, timelines on one axis, a
/// histogram of task times, receipts.
public struct Page: Sendable {
    public let title: String
    public let runs: [RecordedRun]
    let comparison: Comparison?
    let bench: Bench?
    /// Which runs these are, where there were more.
    let chosen: String?
    /// When and by what it was made.
    let note: String

    /// The page of one run. `note` is the time of day, as people read it.
    public init(of run: RecordedRun, note: String) {
        title = "\(run.receipt.command) · \(run.receipt.arrangement())"
        runs = [run]
        comparison = nil
        bench = nil
        chosen = nil
        self.note = note
    }

    /// The page of a bench, without any single run.
    public init(of bench: Bench, note: String) {
        title =
            "\(bench.command) · \(bench.isSweep ? "how speed grows with workers" : "what pools cost, warm and cold")"
        runs = []
        comparison = nil
        self.bench = bench
        chosen = nil
        self.note = note
    }

    /// The page of a comparison. `runs` are those that are drawn, and `chosen` says how they were.
    public init(of comparison: Comparison, runs: [RecordedRun], chosen: String, note: String) {
        title = "\(comparison.command) · serial, threads and processes"
        self.runs = runs
        self.comparison = comparison
        bench = nil
        self.chosen = chosen
        self.note = note
    }

    /// The digest of the script: no other one may run, whatever a workload's arguments or reasons hold.
    private static let scriptHash = "sha256-Joxk9KbHd6GktouyT8EHvu+2LWJ80Vt7DiMDNuM8vHw="

    private static let script = String(decoding: PackageResources.page_js, as: UTF8.self)
    private static let style = String(decoding: PackageResources.page_css, as: UTF8.self)
    /// Paper is white, whatever the screen was: the light colours once more, below the dark ones.
    private static let printColors = "@media print{\(TimelineSVG.colors.prefix { $0 != "\n" })}\n"

    /// The whole document.
    public var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src \
        '\(Self.scriptHash)'; img-src data:; base-uri 'none'; form-action 'none'">
        <link rel="icon" href="data:,">
        <title>\(Markup.escaped(title))</title>
        <style>
        \(TimelineSVG.colors)\(Self.printColors)\(Self.style)\(TimelineSVG.plotStyle)\(bench == nil ? "" : BenchPlots.plotStyle)</style>
        </head>
        <body>
        <main>
        <h1>\(Markup.escaped(title))</h1>
        <p class="meta">\(meta)</p>
        <svg width="0" height="0" style="position:absolute" aria-hidden="true">\(TimelineSVG.patterns)</svg>
        \(comparison.map { PageComparison($0).markup } ?? "")\(bench.map { PageBench($0).markup } ?? "")\
        \(PageTimelines(runs, chosen: chosen).markup)\
        \(PageHistograms(runs).markup)\
        \(receipts)</main>
        <output id="figures" hidden aria-live="polite"></output>
        <script>\(Self.script)</script>
        </body>
        </html>

        """
    }

    private var meta: String {
        let made = "made by parctl \(Version.current), \(note)"
        if let bench {
            let style = Markup.style
            return Markup.escaped(
                BenchTable(bench, style: style).heading.dropFirst().joined(separator: ", ") + ", \(made)")
        }
        guard let run = runs.first, comparison == nil else { return Markup.escaped(made) }
        let receipt = run.receipt
        let reason = receipt.reason.map { " (\($0))" } ?? ""
        return Markup.escaped("job \(receipt.job), \(receipt.temperature.rawValue)\(reason), \(made)")
    }

    private var receipts: String {
        guard !runs.isEmpty else { return "" }
        let isOne = runs.count == 1
        return "<h2>\(isOne ? "Receipt" : "Receipts")</h2>\n"
            + runs.map { run in
                let receipt = PageReceipt(run.receipt).markup
                guard !isOne else { return receipt }
                let elapsed = Markup.style.duration(run.receipt.elapsed)
                return "<details><summary>\(Markup.escaped(run.label)): \(elapsed)</summary>\n\(receipt)</details>\n"
            }.joined()
    }
}

/// Text for HTML and SVG.
enum Markup {
    /// What drawings and pages are spelled in.
    static let style = TextStyle(color: false, unicode: true, width: 100)

    /// `text` so that no browser takes any of it for markup, in an element or in a quoted attribute; without control
    /// characters, which XML can't hold.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in style.clean(text).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\u{FFFE}", "\u{FFFF}": escaped += "?"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A share of 0…1 as a percentage that SVG takes for a length.
    static func percent(_ share: Double) -> String {
        Units.fixed(share * 100, decimals: 3) + "%"
    }
}
