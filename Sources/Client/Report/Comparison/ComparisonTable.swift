import Control
import Timing

/// A comparison for people: one line an arm, what is to be said about the runs, and the verdict. For a terminal, as
/// Markdown, and as the cells that other pages lay out.
public struct ComparisonTable: Sendable {
    let comparison: Comparison
    let style: TextStyle

    public init(_ comparison: Comparison, style: TextStyle) {
        self.comparison = comparison
        self.style = style
    }

    static let headings = ["arm", "start-up", "paid", "task", "elapsed", "95 %", "speed-up", "95 %"]
    /// In which order columns are left out where a terminal is narrow.
    private static let leaves: [Int?] = [nil, 0, 1, 3, nil, 2, nil, 4]

    /// What the headings of those columns stand for that have a figure.
    var explanation: [String] {
        let figures = comparison.figures
        let all: [(isThere: Bool, text: String)] = [
            (figures.contains { $0.coldStartup != nil }, "start-up: of a cold run"),
            (figures.contains { $0.paid != nil }, "paid: what starting the warm workers took"),
            (figures.contains { $0.task != nil }, "task: the median task"),
            (
                figures.contains { $0.elapsed?.interval != nil },
                "95 %: the interval that holds the true median in 95 of 100 such comparisons"
            ),
        ]
        return all.filter(\.isThere).map(\.text)
    }

    /// The cells of every arm, under ``headings``.
    var cells: [[String]] {
        comparison.figures.map { figures in
            [
                figures.arm.name, time(figures.coldStartup), time(figures.paid), time(figures.task),
                time(figures.elapsed), interval(figures.elapsed), speedup(figures), speedupInterval(figures),
            ]
        }
    }

    /// What ran, and how often.
    var headline: String { heading.joined(separator: style.separator) }

    private var heading: [String] {
        let rounds = comparison.rounds.count
        let done =
            rounds == comparison.planned
            ? Units.counted(rounds, "round") : "\(rounds) of \(Units.counted(comparison.planned, "round"))"
        return [style.clean(comparison.command), Units.counted(comparison.tasks, "task"), done]
    }

    /// What a reader must know of the runs to trust the figures.
    var notes: [String] {
        comparison.figures.flatMap { figures in
            [
                figures.notWarm > 0
                    ? "\(Units.counted(figures.notWarm, "run")) of \(figures.arm.name) found no warm workers and "
                        + "\(figures.notWarm == 1 ? "is" : "are") left out" : nil,
                figures.troubled > 0
                    ? "\(Units.counted(figures.troubled, "run")) of \(figures.arm.name) had failed tasks and "
                        + "\(figures.troubled == 1 ? "is" : "are") left out" : nil,
            ].compactMap(\.self)
        } + failures
    }

    /// The first reasons of failure, of all runs.
    private var failures: [String] {
        var reasons: [String] = []
        for receipt in comparison.rounds.flatMap({ $0.warm + $0.cold }) {
            for failure in receipt.failures where !reasons.contains(failure.reason) { reasons.append(failure.reason) }
        }
        return reasons.prefix(ReceiptText.failuresShown).map {
            "reason of failure: \(style.clean($0, limit: style.width))"
        }
    }

    /// The whole text, each line ended.
    public var text: String {
        var table = Table(
            Self.headings.enumerated().map { index, title in
                index == 0 ? .left(title) : .right(title, leaves: Self.leaves[index])
            })
        for (row, figures) in zip(cells, comparison.figures) {
            let isFaster = (figures.speedup?.interval?.low ?? 0) > 1
            table.rows.append(
                row.enumerated().map { index, text in
                    Table.Cell(text, index == 0 ? .bold : index >= 6 && isFaster ? .green : .plain)
                })
        }
        let explanation = style.flow(explanation, indent: 0).map { style.paint($0, .dim) }
        let notes = notes.map { style.paint($0, .red) }
        return
            (style.flow(heading, indent: 0).map { style.paint($0, .bold) } + [""] + table.lines(style) + explanation
            + notes + [""]
            + style.flow(words: Verdict(comparison).sentence)).joined(separator: "\n") + "\n"
    }

    /// The table and the verdict as Markdown.
    public var markdown: String {
        func row(_ cells: [String]) -> String {
            "| " + cells.map { Self.replacing("|", in: $0) { "\\\($0)" } }.joined(separator: " | ") + " |\n"
        }
        let rule = Self.headings.indices.map { $0 == 0 ? ":---" : "---:" }
        let code = Self.replacing("`", in: style.clean(comparison.command)) { _ in "'" }
        return "`\(code)`, \(Units.counted(comparison.tasks, "task")), "
            + "\(Units.counted(comparison.rounds.count, "round"))\n\n" + row(Self.headings) + row(rule)
            + cells.map(row).joined() + "\n" + notes.map { Self.escaped($0) + ".\n\n" }.joined()
            + Verdict(comparison).sentence + "\n"
    }

    /// `text` with what Markdown takes for a mark made harmless.
    static func escaped(_ text: String) -> String {
        replacing("\\`*_{}[]<>()#+!|&", in: text) { "\\\($0)" }
    }

    /// `text` with something else for each of `marks`. Scalar by scalar: an accent behind a mark leaves it one.
    private static func replacing(
        _ marks: String, in text: String, _ replacement: (Unicode.Scalar) -> String
    ) -> String {
        var replaced = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if marks.unicodeScalars.contains(scalar) {
                replaced += replacement(scalar).unicodeScalars
            } else {
                replaced.append(scalar)
            }
        }
        return String(replaced)
    }

    private func time(_ estimate: Estimate?) -> String {
        estimate.map { style.duration(Int($0.median.rounded())) } ?? "-"
    }

    private var dash: String { style.unicode ? "–" : "-" }

    /// Without the unit where it is that of the median beside it.
    private func interval(_ estimate: Estimate?) -> String {
        guard let estimate, let interval = estimate.interval else { return "-" }
        let all = [interval.low, interval.high, estimate.median].map {
            style.duration(Int($0.rounded())).split(separator: " ")
        }
        guard all.allSatisfy({ $0.count == 2 && $0.last == all[2].last }) else {
            return all[..<2].map { $0.joined(separator: " ") }.joined(separator: dash)
        }
        return all[..<2].map { String($0[0]) }.joined(separator: dash)
    }

    private func speedup(_ figures: Comparison.Figures) -> String {
        guard figures.arm != comparison.arms.first else { return "1" }
        return figures.speedup.map { "\(Units.threeDigits($0.median))\(style.times)" } ?? "-"
    }

    private func speedupInterval(_ figures: Comparison.Figures) -> String {
        guard figures.arm != comparison.arms.first else { return "" }
        return figures.speedup?.interval.map {
            "\(Units.threeDigits($0.low))\(dash)\(Units.threeDigits($0.high))"
        } ?? "-"
    }
}
