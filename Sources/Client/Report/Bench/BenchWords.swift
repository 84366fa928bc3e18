import Control
import Experiments
import Glibc
import Timing

/// What a bench comes to, in plain sentences: what a pool costs, from when on that matters, how many workers are worth having,
/// and what the figures can't tell.
struct BenchWords: Sendable {
    let bench: Bench
    let style: TextStyle

    /// The answers, each a paragraph.
    var answers: [String] {
        guard bench.rounds > 0 else { return ["No result: not one round was completed."] }
        return bench.variants.indices.flatMap { variant -> [String] in
            let own = bench.cells.filter { $0.variant == variant }
            return overheads(own) + breakEvens(own) + scalings(variant)
        } + sideBySide
    }

    // MARK: Warm beside cold

    private func overheads(_ cells: [Bench.Cell]) -> [String] {
        cells.compactMap { cell -> String? in
            guard let warm = bench.warm(of: cell), let cold = bench.estimate(cell, .overhead),
                let usual = bench.estimate(warm, .overhead)
            else { return nil }
            let title =
                "\(title(cell)): the pool itself took \(time(cold.median)) of a run, \(time(usual.median)) where it was warm"
            guard let ratio = bench.ratio(cell, to: warm, .overhead) else { return title + "." }
            return "\(title): \(times(ratio.median))\(interval(ratio)). \(whole(cell, warm))"
        }
    }

    /// What that did to the whole run.
    private func whole(_ cell: Bench.Cell, _ warm: Bench.Cell) -> String {
        guard let ratio = bench.ratio(cell, to: warm, .elapsed) else { return "" }
        let seen = "\(times(ratio.median)) as long\(interval(ratio))"
        switch Certainty(ratio) {
        case .more: return "The whole run took \(seen)."
        case .less: return "Yet the whole run took \(seen)."
        case .same(let most): return "The whole run took as long, within \(percent(most))."
        case .unknown(let rounds):
            return "Whether the whole run took longer, nobody can tell: \(seen). \(settling(rounds))"
        }
    }

    private func breakEvens(_ cells: [Bench.Cell]) -> [String] {
        cells.compactMap { cell -> String? in
            let found = BreakEven.shares.reversed().compactMap { bench.breakEven(cell, share: $0) }
            guard found.count == BreakEven.shares.count, found[0].tasks.median > 0 else { return nil }
            let shares = found.map { one in
                "under \(percent(one.share)) of the run from \(Units.counted(Self.whole(one.tasks.median), "such task"))"
                    + "\(counts(one.tasks)), or \(Units.counted(bench.variants[cell.variant].tasks, "task")) of \(time(one.length.median))\(lengths(one.length)), on"
            }
            return "\(title(cell)): starting the pool costs \(shares.joined(separator: "; "))."
        }
    }

    private func counts(_ estimate: Estimate) -> String {
        estimate.interval.map { " (\(Units.grouped(Self.whole($0.low))) to \(Units.grouped(Self.whole($0.high))))" }
            ?? ""
    }

    private func lengths(_ estimate: Estimate) -> String {
        estimate.interval.map { " (\(time($0.low)) to \(time($0.high)))" } ?? ""
    }

    private static func whole(_ value: Double) -> Int { max(Int(min(value, 1e15).rounded(.up)), 1) }

    // MARK: How many workers

    private func scalings(_ variant: Int) -> [String] {
        guard bench.isSweep else { return [] }
        return [Mode.threads, .processes].compactMap { mode in
            guard bench.arms.contains(where: { $0.mode == mode }),
                let (workers, rounds) = bench.speeds(mode, variant: variant)
            else { return nil }
            return prefix(variant) + scaling(mode, workers, rounds)
        }
    }

    private func scaling(_ mode: Mode, _ workers: [Int], _ rounds: [[Double]]) -> String {
        let noun = mode == .threads ? "thread" : "process"
        func name(_ place: Int) -> String { Units.counted(workers[place], noun) }
        var text = "How many \(noun == "thread" ? "threads" : "processes"): "
        if let knee = Knee.among(workers, rounds: rounds) {
            let gain = Estimate(rounds.compactMap { $0[0] > 0 ? $0[knee] / $0[0] : nil })
            text += "\(name(knee)) \(workers[knee] == 1 ? "is" : "are") as fast as any number that was tried"
            if knee > 0, let gain { text += ", \(times(gain.median)) as fast as \(name(0))\(interval(gain))" }
            if knee == workers.count - 1, workers[knee] > 1 { text += "; more may be faster still" }
            text += ". "
        }
        do {
            let amdahl = try Scaling(.amdahl, workers: workers, rounds: rounds)
            let usl = try Scaling(.usl, workers: workers, rounds: rounds)
            text += "Amdahl's law: \(share(amdahl.serialShare)) of the work is done by one at a time. "
            text +=
                usl.crosstalk.low > 0
                ? "Universal Scalability Law: \(share(usl.serialShare)), and each pair of workers costs \(share(usl.crosstalk))"
                    + (usl.peak.map {
                        ", so that speed is greatest with \(Units.fixed($0.value, decimals: 1)) "
                            + "(\(Units.fixed($0.low, decimals: 1)) to \(Units.fixed($0.high, decimals: 1)))"
                    } ?? "") + "."
                : "By the Universal Scalability Law, more workers cost nothing that is sure."
        } catch .points(let count) {
            text +=
                "\(Units.counted(count, "number")) of workers are too few to fit a law to: it takes \(Scaling.fewestPoints)."
        } catch {
            text +=
                "\(Units.counted(rounds.count, "good round")) are too few to fit a law to: it takes \(Estimate.fewest)."
        }
        return text
    }

    private func share(_ value: Scaling.Value) -> String {
        "\(Units.fixed(value.value * 100, decimals: 2)) % (\(Units.fixed(value.low * 100, decimals: 2)) to "
            + "\(Units.fixed(value.high * 100, decimals: 2)))"
    }

    // MARK: Several commands

    /// Each variant beside the reference, on warm workers.
    private var sideBySide: [String] {
        guard bench.variants.count > 1 else { return [] }
        return bench.arms.flatMap { arm in
            bench.variants.indices.compactMap { variant -> String? in
                guard variant != bench.reference else { return nil }
                let cell = Bench.Cell(variant: variant, arm: arm, kind: .warm)
                let reference = Bench.Cell(variant: bench.reference, arm: arm, kind: .warm)
                guard let ratio = bench.ratio(cell, to: reference, .elapsed) else { return nil }
                let (one, other) = (quoted(variant), quoted(bench.reference))
                let seen = "\(times(ratio.median)) as long as \(other)\(interval(ratio))"
                return switch Certainty(ratio) {
                case .more, .less: "\(arm.name): \(one) took \(seen)."
                case .same(let most): "\(arm.name): \(one) took as long as \(other), within \(percent(most))."
                case .unknown(let rounds):
                    "\(arm.name): which of \(one) and \(other) is faster, nobody can tell: "
                        + "it took \(seen). \(settling(rounds))"
                }
            }
        }
    }

    private func quoted(_ variant: Int) -> String { "'\(style.clean(bench.variants[variant].name, limit: 60))'" }

    // MARK: What is to be known of the figures

    /// What makes them doubtful.
    var doubts: [String] { doubtsOfRuns + fewRounds }

    /// The same but for how few rounds there were.
    var doubtsOfRuns: [String] { bench.warnings + soundness + strays + drifts }

    private var fewRounds: [String] {
        bench.rounds > 0 && bench.rounds < Estimate.fewest
            ? ["intervals take \(Estimate.fewest) rounds or more: give -r or --time"] : []
    }

    private var soundness: [String] {
        bench.cells.compactMap { cell -> String? in
            let left = experiment.receipts(of: cell).count { $0 == nil }
            guard left > 0 else { return nil }
            return
                "\(Units.counted(left, "run")) of \(bench.name(of: cell)) \(left == 1 ? "is" : "are") left out: failed "
                + "tasks, or workers that were not \(cell.kind == .warm ? "warm" : "cold")"
        } + failures
    }

    private var experiment: Experiment<Bench.Cell> { bench.experiment }

    private var failures: [String] {
        var reasons: [String] = []
        for receipt in experiment.rounds.flatMap({ $0.values }) {
            for failure in receipt.failures where !reasons.contains(failure.reason) { reasons.append(failure.reason) }
        }
        return reasons.prefix(ReceiptText.failuresShown).map { "reason of failure: \(style.clean($0, limit: 200))" }
    }

    /// How many outliers each cell has, and the one that is farthest out.
    private var strays: [String] {
        let found = bench.cells.compactMap { cell -> String? in
            let outliers = bench.outliers(cell)
            guard let farthest = outliers.max(by: { abs(log($0.ratio)) < abs(log($1.ratio)) }) else { return nil }
            return "\(outliers.count) of \(bench.name(of: cell)) (\(outliers.count == 1 ? "" : "the farthest, ")"
                + "round \(farthest.round + 1), took \(time(farthest.value)), \(Units.threeDigits(farthest.ratio)) times the median)"
        }
        return found.isEmpty ? [] : ["outliers are counted in all the same: \(found.joined(separator: "; "))"]
    }

    private var drifts: [String] {
        bench.cells.compactMap { cell -> String? in
            guard let drift = Drift.among(experiment.values(of: cell, Measure.elapsed.callAsFunction)) else {
                return nil
            }
            return
                "\(bench.name(of: cell)) took \(Units.threeDigits(drift)) times as long in the second half of the rounds "
                + "as in the first: the host got \(drift > 1 ? "busier or was throttled" : "quieter")"
        }
    }

    // MARK: Words

    private func prefix(_ variant: Int) -> String {
        bench.variants.count > 1 ? "\(quoted(variant)): " : ""
    }

    private func title(_ cell: Bench.Cell) -> String {
        let kind =
            switch (cell.kind, cell.arm.mode) {
            case (.warm, _): "warm"
            case (.fresh, .processes): "forked for the run"
            case (.fresh, _): "started for the run"
            case (.exec, _): "programs started for the run"
            }
        return "\(prefix(cell.variant))\(cell.arm.name), \(kind)"
    }

    private func settling(_ rounds: Int?) -> String {
        rounds.map { "About \(Units.grouped($0)) rounds (-r \($0)) would settle a difference like this one." }
            ?? "Not even \(Units.grouped(Certainty.maximumRounds)) rounds would settle a difference as small as this one."
    }

    private func time(_ value: Double) -> String { style.duration(Int(value.rounded())) }
    private func times(_ ratio: Double) -> String { "\(Units.threeDigits(ratio)) times" }
    private func percent(_ share: Double) -> String {
        let decimals = share * 100 == (share * 100).rounded() ? 0 : 1
        return "\(Units.fixed(share * 100, decimals: decimals)) %"
    }

    private func interval(_ ratio: Estimate) -> String {
        ratio.interval.map { " (95 % interval \(Verdict.range($0.low, $0.high)))" } ?? ""
    }
}
