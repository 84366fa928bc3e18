import Timing

/// What a comparison comes to, in one plain sentence: which workers, and by how much; or that the figures can't tell.
public struct Verdict: Sendable {
    let comparison: Comparison

    public init(_ comparison: Comparison) {
        self.comparison = comparison
    }

    /// An arm that is compared with the first, and how it came out.
    private struct Candidate {
        let index: Int
        let arm: Arm
        let speedup: Estimate
    }

    /// The sentence, in ASCII: even the dash of an interval is spelled `to`.
    public var sentence: String {
        let figures = comparison.figures
        let candidates = figures.indices.compactMap { index in
            figures[index].speedup.map { Candidate(index: index, arm: figures[index].arm, speedup: $0) }
        }
        guard let best = candidates.max(by: { $0.speedup.median < $1.speedup.median }) else {
            return comparison.rounds.isEmpty
                ? "No result: not one round was completed."
                : "No result: in no round did serial and another arm both run warm and without failures."
        }
        guard candidates.allSatisfy({ $0.speedup.interval != nil }), let interval = best.speedup.interval else {
            let least = candidates.map(\.speedup.count).min() ?? 0
            let impression =
                best.speedup.median > 1
                ? "\(best.arm.name) looked fastest, \(times(best.speedup.median)) as fast as serial."
                : "serial looked fastest; the best of the others, \(best.arm.name), was "
                    + "\(times(best.speedup.median)) as fast."
            let more = comparison.planned < Estimate.fewest ? " Run more rounds, for example with -r 10." : ""
            return
                "Not sure after \(Units.counted(least, "good round")), as it takes \(Estimate.fewest) or more to be: "
                + "\(impression)\(more)"
        }
        if interval.low > 1 { return winner(best, among: candidates) }
        if candidates.allSatisfy({ ($0.speedup.interval?.high ?? 1) < 1 }) {
            return "Serial is fastest: the best of the others, \(best.arm.name), took "
                + "\(times(1 / best.speedup.median)) as long (95 % interval \(Self.range(1 / interval.high, 1 / interval.low)))."
        }
        return "Not sure that anything is faster than serial: the best, \(best.arm.name), was "
            + "\(times(best.speedup.median)) as fast, but the 95 % interval goes from \(Self.range(interval.low, interval.high)). "
            + "More rounds, for example with -r \(max(comparison.rounds.count * 3, 30)), or longer tasks may show it."
    }

    /// The sentence where `best` does beat serial: of those that do and can't be told apart from it, the one with the
    /// fewest workers is named first.
    private func winner(_ best: Candidate, among candidates: [Candidate]) -> String {
        let equals = candidates.filter { candidate in
            let gap = comparison.ratio(of: candidate.index, to: best.index)?.interval
            return candidate.index == best.index || (gap?.low ?? 0) <= 1
        }
        let beating = equals.filter { ($0.speedup.interval?.low ?? 0) > 1 }
        let named =
            beating.min { one, other in
                (one.arm.workers, one.arm.mode == .threads ? 0 : 1)
                    < (other.arm.workers, other.arm.mode == .threads ? 0 : 1)
            } ?? best
        let verb = named.arm.workers == 1 ? "is" : "are"
        let found = named.speedup.interval.map { " (95 % interval \(Self.range($0.low, $0.high)))" } ?? ""
        let claim = "\(named.arm.name) \(verb) \(times(named.speedup.median)) as fast as serial\(found)"
        let others = equals.filter { $0.index != named.index && $0.index != best.index }.map(\.arm.name)
        if named.index != best.index {
            return
                "\(claim). \(list([best.arm.name] + others)) did about as well: the difference is too small to be sure of."
        }
        if !others.isEmpty {
            return "\(claim). \(list(others)) did about as well: the difference is too small to be sure of."
        }
        let next = candidates.filter { $0.index != best.index }.max { $0.speedup.median < $1.speedup.median }
        guard let next, let gap = comparison.ratio(of: next.index, to: best.index) else { return claim + "." }
        return "\(claim), and \(times(gap.median)) as fast as the next, \(next.arm.name)."
    }

    private func times(_ ratio: Double) -> String { "\(Units.threeDigits(ratio)) times" }

    private func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }

    static func range(_ low: Double, _ high: Double) -> String {
        "\(Units.threeDigits(low)) to \(Units.threeDigits(high))"
    }
}
