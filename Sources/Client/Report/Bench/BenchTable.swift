import Control
import Experiments
import Timing

/// A bench for people: what the pools cost, what the whole runs took, and what follows from that.
public struct BenchTable: Sendable {
    let bench: Bench
    let style: TextStyle
    /// Whether every phase has a row.
    let showsPhases: Bool
    /// Whether means and processor times are shown.
    let showsMeans: Bool
    let sortsByTime: Bool

    public init(
        _ bench: Bench, style: TextStyle, showsPhases: Bool = false, showsMeans: Bool = false, sortsByTime: Bool = false
    ) {
        self.bench = bench
        self.style = style
        self.showsPhases = showsPhases
        self.showsMeans = showsMeans
        self.sortsByTime = sortsByTime
    }

    private var words: BenchWords { BenchWords(bench: bench, style: style) }

    /// A table with its title, for a terminal as for a document.
    struct Part {
        let title: String
        let headings: [String]
        let rows: [[String]]
        /// In which order columns are left out on a narrow terminal.
        let leaves: [Int?]
        /// Columns of words rather than of numbers.
        let words: Int
        /// Whether it is for those who want to know more.
        var isDetail = false
    }

    private var cells: [Bench.Cell] {
        guard sortsByTime else { return bench.cells }
        return bench.cells.sorted {
            bench.estimate($0, .elapsed)?.median ?? .infinity < bench.estimate($1, .elapsed)?.median ?? .infinity
        }
    }

    private var hasVariants: Bool { bench.variants.count > 1 }

    private func name(_ cell: Bench.Cell) -> [String] {
        (hasVariants ? [style.clean(bench.variants[cell.variant].name, limit: 40)] : []) + [
            cell.arm.name, cell.kind.rawValue,
        ]
    }

    private var nameHeadings: [String] { (hasVariants ? [""] : []) + ["workers", ""] }

    var parts: [Part] {
        var parts: [Part] = []
        if !bench.isSweep || bench.cells.contains(where: { $0.kind != .warm }) {
            parts.append(table(.overhead, title: "What the pool itself took of a run: everything but its tasks"))
        }
        parts.append(table(.elapsed, title: "The whole run"))
        if showsMeans { parts.append(means) }
        if showsPhases { parts.append(phases) }
        return parts
    }

    private func table(_ measure: Measure, title: String) -> Part {
        let second: Measure = measure == .overhead ? .startup : .task
        let others: [(Bench.Cell) -> (Bench.Cell, String)?] = [
            { bench.warm(of: $0).map { ($0, "warm") } },
            { cell in
                let reference = Bench.Cell(variant: bench.reference, arm: cell.arm, kind: cell.kind)
                return hasVariants && cell.variant != bench.reference ? (reference, "reference") : nil
            },
        ]
        let columns = others.indices.filter { place in bench.cells.contains { others[place]($0) != nil } }
        let rows = cells.map { cell in
            let estimate = bench.estimate(cell, measure)
            let spread = bench.spread(cell, measure)
            let ratios = columns.flatMap { place -> [String] in
                guard let (other, _) = others[place](cell) else { return ["", ""] }
                let ratio = bench.ratio(cell, to: other, measure)
                return [
                    ratio.map { "\(Units.threeDigits($0.median))\(style.times)" } ?? "-",
                    ratio?.interval.map { "\(Units.threeDigits($0.low))\(dash)\(Units.threeDigits($0.high))" } ?? "-",
                ]
            }
            return name(cell) + [
                time(bench.estimate(cell, second)?.median), time(estimate?.median),
                range(estimate?.interval.map { ($0.low, $0.high) }), time(spread?.p99),
                range(spread.map { ($0.least, $0.greatest) }),
            ] + ratios
        }
        let ratioHeadings = columns.flatMap { [$0 == 0 ? "\(style.times) warm" : "\(style.times) ref.", "95 %"] }
        let names = nameHeadings
        return Part(
            title: title,
            headings: names + [second == .startup ? "start-up" : "task", "median", "95 %", "p99", "min\(dash)max"]
                + ratioHeadings,
            rows: rows,
            leaves: names.map { _ in nil } + [2, nil, nil, 1, 0] + columns.flatMap { _ in [nil, 3] }, words: names.count
        )
    }

    private var phases: Part {
        let rows = cells.flatMap { cell in
            Measure.phases.compactMap { phase -> [String]? in
                guard let estimate = bench.estimate(cell, phase), let spread = bench.spread(cell, phase),
                    spread.greatest > 0
                else { return nil }
                return name(cell) + [
                    phase.rawValue, time(estimate.median), range(estimate.interval.map { ($0.low, $0.high) }),
                    time(spread.p99), range((spread.least, spread.greatest)),
                ]
            }
        }
        let names = nameHeadings + ["phase"]
        return Part(
            title: "Where the time went", headings: names + ["median", "95 %", "p99", "min\(dash)max"], rows: rows,
            leaves: names.map { _ in nil } + [nil, nil, 1, 0], words: names.count, isDetail: true)
    }

    private var means: Part {
        let rows = cells.map { cell -> [String] in
            let spread = bench.spread(cell, .elapsed)
            let cpu = bench.experiment.estimate(of: cell) { Double($0.task.cpuSum) }
            func figure(_ name: String) -> String {
                time(
                    bench.experiment.estimate(of: cell) { receipt in
                        receipt.figures.first { $0.name == name }.map { Double($0.sum) }
                    }?.median)
            }
            return name(cell) + [
                time(spread?.mean), spread?.deviation.map { "\(style.unicode ? "±" : "+-") \(time($0))" } ?? "-",
                time(cpu?.median), figure("user"), figure("system"),
            ]
        }
        return Part(
            title: "Means and processor times",
            headings: nameHeadings + ["mean", "deviation", "task CPU", "user", "system"],
            rows: rows, leaves: nameHeadings.map { _ in nil } + [nil, nil, 0, 1, 2], words: nameHeadings.count,
            isDetail: true)
    }

    // MARK: Texts

    /// What ran, how often, and where.
    var heading: [String] {
        let host = bench.host.map { [style.clean($0.name, limit: 40), Units.counted($0.cores, "core")] } ?? []
        let tasks = Set(bench.variants.map(\.tasks))
        return [style.clean(bench.command, limit: 200)]
            + (tasks.count == 1 ? [Units.counted(tasks.first ?? 0, "task")] : [])
            + [Units.counted(bench.rounds, "round")] + host
    }

    static let explanation = [
        "warm: on workers that were there", "fresh: on threads or forks of its own", "exec: on programs started for it",
        "95 %: the interval that holds the true median in 95 of 100 such benches",
        "rounds have every row once, in turn",
    ]

    /// For a terminal, each line ended.
    public var text: String {
        var lines = style.flow(heading, indent: 0).map { style.paint($0, .bold) }
        for part in parts {
            lines += ["", style.paint(part.title, .dim)]
            var table = Table(
                part.headings.enumerated().map { index, title in
                    index < part.words
                        ? .left(title, leaves: part.leaves[index]) : .right(title, leaves: part.leaves[index])
                })
            table.rows = part.rows.map { row in
                row.enumerated().map { Table.Cell($1, $0 == 0 ? .bold : .plain) }
            }
            lines += table.lines(style)
        }
        lines += style.flow(Self.explanation.filter { explains($0) }, indent: 0).map { style.paint($0, .dim) }
        for answer in words.answers { lines += [""] + style.flow(words: answer) }
        let doubts = words.doubts
        if !doubts.isEmpty { lines.append("") }
        for doubt in doubts { lines += style.flow(words: "Mind: \(doubt).").map { style.paint($0, .red) } }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether the explanation is of something that is there.
    func explains(_ text: String) -> Bool {
        guard let kind = Bench.Kind.allCases.first(where: { text.hasPrefix("\($0.rawValue):") }) else { return true }
        return bench.cells.contains { $0.kind == kind }
    }

    var answers: [String] { words.answers }
    var doubts: [String] { words.doubts }

    /// As Markdown.
    public var markdown: String {
        var text = "\(ComparisonTable.escaped(heading.joined(separator: ", ")))\n"
        for part in parts {
            text += "\n**\(part.title)**\n\n"
            let rows = [part.headings, part.headings.indices.map { $0 < part.words ? ":---" : "---:" }] + part.rows
            for (place, row) in rows.enumerated() {
                let cells = place < 2 ? row : row.map(ComparisonTable.escaped)
                text += "| \(cells.joined(separator: " | ")) |\n"
            }
        }
        for line in answers + doubts.map({ "Mind: \($0)." }) { text += "\n\(ComparisonTable.escaped(line))\n" }
        return text
    }

    /// As AsciiDoc.
    public var asciidoc: String {
        func cell(_ text: String) -> String {
            text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
        }
        var text = "= \(heading.joined(separator: ", "))\n"
        for part in parts {
            let columns = part.headings.indices.map { $0 < part.words ? "<" : ">" }.joined(separator: ",")
            text += "\n.\(part.title)\n[cols=\"\(columns)\",options=\"header\"]\n|===\n"
            for row in [part.headings] + part.rows { text += row.map { "|\(cell($0))" }.joined(separator: " ") + "\n" }
            text += "|===\n"
        }
        for line in answers + doubts.map({ "Mind: \($0)." }) { text += "\n\(line)\n" }
        return text
    }

    private var dash: String { style.unicode ? "–" : "-" }

    private func time(_ value: Double?) -> String { value.map { style.duration(Int($0.rounded())) } ?? "-" }

    /// Two times, the unit once where it is that of both.
    private func range(_ ends: (low: Double, high: Double)?) -> String {
        guard let ends else { return "-" }
        let (low, high) = (time(ends.low), time(ends.high))
        let parts = (low.split(separator: " "), high.split(separator: " "))
        guard parts.0.count == 2, parts.1.count == 2, parts.0[1] == parts.1[1] else { return "\(low)\(dash)\(high)" }
        return "\(parts.0[0])\(dash)\(high)"
    }
}
