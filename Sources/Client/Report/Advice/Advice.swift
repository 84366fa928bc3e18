import Control
import Experiments
import Timing

/// Which workers somebody's tasks are best run on, by how much, and what speaks for it; or that nobody can tell yet.
public struct Advice: Sendable {
    let bench: Bench
    let seen: Observations

    /// What the system told beside the receipts.
    public struct Observations: Sendable {
        /// How many processors the one worker of serial runs used, with threads of its own that tasks start.
        public var serialProcessors: Double?
        /// Bytes that a worker process has in memory.
        public var processMemory: Int?
        /// Whether somebody else used the host before the first round.
        public var isHostBusy: Bool

        public init(serialProcessors: Double? = nil, processMemory: Int? = nil, isHostBusy: Bool = false) {
            self.serialProcessors = serialProcessors
            self.processMemory = processMemory
            self.isHostBusy = isHostBusy
        }
    }

    /// - Parameter bench: with one variant, on warm workers; serial is one of the arms.
    public init(_ bench: Bench, _ seen: Observations) {
        self.bench = bench
        self.seen = seen
    }

    public enum Outcome: Sendable, Equatable {
        /// These workers; `equals` did about as well.
        case use(Arm, speedup: Estimate?, equals: [Arm])
        /// Why, and what would settle it.
        case unknown(String, Settlement)
    }

    public enum Settlement: Sendable, Equatable {
        case moreTasks
        /// So many times the time that was spent.
        case moreTime(Double)
        /// Nothing that is known of.
        case longerTasks
    }

    private func cell(_ arm: Arm) -> Bench.Cell { Bench.Cell(variant: 0, arm: arm, kind: .warm) }

    private static let serial = Arm(.serial, workers: 1)
    /// Workers that gain no more than this share are not worth having.
    private static let smallGain = 0.1

    func speedup(_ arm: Arm) -> Estimate? { bench.ratio(cell(Self.serial), to: cell(arm), .elapsed) }

    private var others: [Arm] { bench.arms.filter { $0 != Self.serial } }

    public var outcome: Outcome {
        guard bench.variants[0].tasks > 1 else {
            return .unknown("One task can't be shared out among workers.", .moreTasks)
        }
        let candidates = others.compactMap { arm in speedup(arm).map { (arm: arm, speedup: $0) } }
        guard let best = candidates.max(by: { $0.speedup.median < $1.speedup.median }) else {
            return .unknown(
                "In no round did serial and other workers both run warm and without failures.", .longerTasks)
        }
        guard let interval = best.speedup.interval else {
            let rounds = bench.experiment.rounds.count
            return .unknown(
                "There was time for \(Units.counted(rounds, "round")), and it takes \(Estimate.fewest) to be sure.",
                .moreTime(Double(Estimate.fewest + 4) / Double(max(rounds, 1))))
        }
        let most = candidates.map { $0.speedup.interval?.high ?? .infinity }.max() ?? .infinity
        if most <= 1 + Self.smallGain {
            let equals = candidates.filter { ($0.speedup.interval?.high ?? 0) >= 1 }.map(\.arm)
            return .use(Self.serial, speedup: nil, equals: equals)
        }
        guard interval.low > 1 else {
            let words =
                "The best of the others, \(best.arm.name), was \(Units.threeDigits(best.speedup.median)) times as fast as "
                + "serial, and the 95 % interval goes from \(Verdict.range(interval.low, interval.high))."
            guard let times = timesToTell(best.speedup, of: candidates.map(\.speedup)) else {
                return .unknown(words, .longerTasks)
            }
            return .unknown(words, .moreTime(times))
        }
        // Of those that can't be told apart from the best, the one with the fewest workers, threads before processes.
        let equals = candidates.filter { candidate in
            guard candidate.arm != best.arm else { return true }
            let gap = bench.ratio(cell(candidate.arm), to: cell(best.arm), .elapsed)?.interval
            return (gap?.low ?? .infinity) <= 1 + Certainty.nothing && (candidate.speedup.interval?.low ?? 0) > 1
        }
        let chosen =
            equals.min { one, other in
                (one.arm.workers, one.arm.mode == .threads ? 0 : 1) < (
                    other.arm.workers, other.arm.mode == .threads ? 0 : 1
                )
            } ?? best
        return .use(chosen.arm, speedup: chosen.speedup, equals: equals.map(\.arm).filter { $0 != chosen.arm })
    }

    /// How many times as much time would show that the best of the others is faster, or that none of them gains more than a
    /// little; nil where nobody knows. An interval gets narrower with the root of the number of rounds.
    private func timesToTell(_ best: Estimate, of speedups: [Estimate]) -> Double? {
        var times: [Double] = []
        if case .unknown(let rounds?) = Certainty(best) { times.append(Double(rounds) / Double(max(best.count, 1))) }
        let toNothing = speedups.map { speedup -> Double in
            let room = 1 + Self.smallGain - speedup.median
            guard room > 0, let high = speedup.interval?.high else { return .infinity }
            return 1.25 * ((high - speedup.median) / room) * ((high - speedup.median) / room)
        }
        if let most = toNothing.max(), most.isFinite { times.append(most) }
        return times.min()
    }

    // MARK: Evidence

    /// What a reader may want to check the answer by.
    public struct Evidence: Sendable, Equatable, Encodable {
        public let name: String
        public let text: String
    }

    public func evidence(_ style: TextStyle) -> [Evidence] {
        var found: [Evidence] = []
        func add(_ name: String, _ text: String?) {
            if let text { found.append(Evidence(name: name, text: text)) }
        }
        add("a task", task(style))
        add("threads", best(.threads))
        add("processes", best(.processes))
        add("interpreter", interpreter(style))
        add("own threads", ownThreads)
        add("dispatch", dispatch(style))
        add("start-up", startups(style))
        add("memory", seen.processMemory.map { "\(Units.bytes($0)) in each worker process, some of it shared" })
        return found
    }

    private func receipts(_ arm: Arm) -> [Receipt] { bench.experiment.receipts(of: cell(arm)).compactMap(\.self) }

    private func median(_ arm: Arm, _ measure: (Receipt) -> Double?) -> Double? {
        bench.experiment.estimate(of: cell(arm), measure)?.median
    }

    /// The share of a task in which it was on a processor; nil where that was not measured of most tasks.
    var processorShare: Double? {
        median(Self.serial) { receipt in
            guard receipt.task.sum > 0, receipt.task.cpuCovered * 2 > receipt.tasks.total else { return nil }
            return Double(receipt.task.cpuSum) / Double(receipt.task.sum)
        }
    }

    private func task(_ style: TextStyle) -> String? {
        guard let length = bench.estimate(cell(Self.serial), .task) else { return nil }
        let share = processorShare.map { share in
            let percent = Units.fixed(min(share, 1) * 100, decimals: 0)
            let words =
                share > 0.9
                ? ": it computes"
                : seen.isHostBusy && !surelyWaits
                    ? ": it waits, or others had the processors meanwhile, as the host was busy"
                    : share < 0.5 ? ": it waits most of the time" : ""
            return ", \(percent) % of it on a processor\(words)"
        }
        return "\(style.duration(Int(length.median)))\(share ?? "")"
    }

    /// Whether workers have done more at a time than there are processors, so that tasks can't have needed one throughout.
    private var surelyWaits: Bool {
        guard let cores = bench.host?.cores else { return false }
        return others.contains { (speedup($0)?.interval?.low ?? 0) > 1.5 * Double(cores) }
    }

    private func best(_ mode: Mode) -> String? {
        let arms = others.filter { $0.mode == mode }.compactMap { arm in speedup(arm).map { (arm, $0) } }
        guard let best = arms.max(by: { $0.1.median < $1.1.median }) else { return nil }
        let interval = best.1.interval.map { " (95 % interval \(Verdict.range($0.low, $0.high)))" } ?? ""
        return "\(best.0.name): \(Units.threeDigits(best.1.median)) times as fast as serial\(interval)"
    }

    private func interpreter(_ style: TextStyle) -> String? {
        guard let arm = others.filter({ $0.mode == .threads }).max(by: { $0.workers < $1.workers }),
            let last = receipts(arm).last, let own = last.interpreter
        else { return nil }
        let used = median(arm) { $0.phases.run > 0 ? Double($0.task.cpuSum) / Double($0.phases.run) : nil } ?? 0
        let waited = median(arm) { $0.interpreter.map { Double($0.waited) } } ?? 0
        let turns = own.takesTurns ? ", with a GIL" : ", without a GIL"
        return
            "\(style.clean(own.version, limit: 60))\(turns); \(arm.name) used \(Units.fixed(used, decimals: 2)) processors together"
            + (own.takesTurns && used < 1.2 && (processorShare ?? 0) > 0.5 ? ": they took turns" : "")
            + (waited > 0 ? ", and waited \(style.duration(Int(waited))) for one in a run" : "")
    }

    /// Whether tasks use several processors by themselves, as numerical libraries do.
    private var ownThreads: String? {
        guard let used = seen.serialProcessors, used > 1.2 else { return nil }
        return
            "one worker alone kept \(Units.fixed(used, decimals: 2)) processors busy: tasks have threads of their own"
    }

    private func dispatch(_ style: TextStyle) -> String? {
        let arm = others.first ?? Self.serial
        let spread = bench.experiment.distribution(of: cell(arm), \.dispatch)
        guard !spread.isEmpty, let task = bench.estimate(cell(arm), .task)?.median, task > 0 else { return nil }
        let time = spread.percentiles([50])[0]
        let share = Double(time) / (task + Double(time)) * 100
        return "handing a task to a free worker took \(style.duration(Int(time))), "
            + "\(share < 0.1 ? "<0.1" : Units.fixed(share, decimals: 1)) % of its time"
    }

    private func startups(_ style: TextStyle) -> String? {
        let parts = [Mode.threads, .processes].compactMap { mode -> String? in
            guard let arm = others.filter({ $0.mode == mode }).min(by: { $0.workers < $1.workers }),
                let paid = median(arm, { $0.poolStartupPaid > 0 ? Double($0.poolStartupPaid) : nil })
            else { return nil }
            let even = median(arm) { $0.breakEven.map(Double.init) }
            return "\(arm.name) took \(style.duration(Int(paid)))"
                + (even.map { ", worth it from \(Units.counted(max(Int($0), 1), "such task")) on" } ?? "")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    // MARK: Words

    /// The answer in a sentence or two.
    public var sentence: String {
        switch outcome {
        case .use(let arm, let speedup?, let equals):
            let interval = speedup.interval.map { " (95 % interval \(Verdict.range($0.low, $0.high)))" } ?? ""
            return
                "Use \(arm.name): \(Units.threeDigits(speedup.median)) times as fast as serial\(interval).\(alike(equals))"
        case .use(let arm, nil, let equals):
            let best = others.compactMap { arm in self.speedup(arm).map { (arm, $0) } }.max {
                $0.1.median < $1.1.median
            }
            let next =
                best.map {
                    " The best of the others, \($0.0.name), was \(Units.threeDigits($0.1.median)) times as fast."
                } ?? ""
            let most = others.compactMap { self.speedup($0)?.interval?.high }.max() ?? 1
            let gain =
                most <= 1 + Certainty.nothing
                ? "nothing" : "\(Units.fixed((most - 1) * 100, decimals: 0)) % at the most (with 95 % certainty)"
            return
                "Run them one after the other (\(arm.name)): more workers gain \(gain).\(equals.isEmpty ? next : alike(equals))"
        case .unknown(let why, let settlement):
            let settle =
                switch settlement {
                case .moreTasks: "Several tasks would settle it."
                case .moreTime(let times):
                    times > 100
                        ? "More time won't settle it; longer tasks may."
                        : "About \(Units.threeDigits(max(times, 1.5))) times as much time would settle it."
                case .longerTasks: "Longer or more tasks may settle it."
                }
            return "Can't tell. \(why) \(settle)"
        }
    }

    private func alike(_ arms: [Arm]) -> String {
        guard let last = arms.last else { return "" }
        let names =
            arms.count == 1 ? last.name : arms.dropLast().map(\.name).joined(separator: ", ") + " and \(last.name)"
        return
            " \(names.prefix(1).uppercased() + names.dropFirst()) did about as well: the difference is too small to be sure of, or to matter."
    }
}

/// Advice for people, and for programs.
public struct AdviceReport: Encodable, Sendable {
    public static let schemaName = "pard.advice/1"

    let schema = Self.schemaName
    let command: String
    /// `serial`, `4 threads`, `2 processes`; null where nobody can tell.
    let use: String?
    let mode: Mode?
    let workers: Int?
    let speedup: BenchData.Value?
    let equals: [String]
    let answer: String
    let evidence: [Advice.Evidence]
    let doubts: [String]
    /// The command line to use, or that would settle it.
    let next: String
    let bench: BenchData

    /// - Parameter next: the command line to use.
    public init(_ advice: Advice, next: String, style: TextStyle) {
        command = advice.bench.command
        answer = advice.sentence
        evidence = advice.evidence(style)
        doubts = BenchWords(bench: advice.bench, style: style).doubtsOfRuns
        self.next = next
        bench = BenchData(advice.bench)
        if case .use(let arm, let speedup, let equals) = advice.outcome {
            (use, mode, workers) = (arm.name, arm.mode, arm.workers)
            self.speedup = BenchData.Value(speedup)
            self.equals = equals.map(\.name)
        } else {
            (use, mode, workers, speedup, equals) = (nil, nil, nil, nil, [])
        }
    }

    /// The last line is the command to use, and nothing else.
    public func text(_ advice: Advice, style: TextStyle) -> String {
        var lines =
            style.flow(BenchTable(advice.bench, style: style).heading, indent: 0).map { style.paint($0, .bold) } + [""]
        if advice.bench.experiment.rounds.count > 0 {
            var table = Table([.left("workers"), .right("elapsed"), .right("speed-up"), .right("95 %", leaves: 0)])
            for arm in advice.bench.arms {
                let elapsed = advice.bench.estimate(Bench.Cell(variant: 0, arm: arm, kind: .warm), .elapsed)
                let gain = arm.mode == .serial ? nil : advice.speedup(arm)
                table.rows.append([
                    Table.Cell(arm.name, .bold), Table.Cell(elapsed.map { style.duration(Int($0.median)) } ?? "-"),
                    Table.Cell(
                        arm.mode == .serial ? "1" : gain.map { "\(Units.threeDigits($0.median))\(style.times)" } ?? "-"),
                    Table.Cell(
                        gain?.interval.map {
                            "\(Units.threeDigits($0.low))\(style.unicode ? "–" : "-")\(Units.threeDigits($0.high))"
                        }
                            ?? ""),
                ])
            }
            lines += table.lines(style) + [""]
        }
        lines += style.flow(words: answer).map { style.paint($0, .bold) } + [""]
        var table = Table([.left(""), .left("")], indent: 2)
        for one in evidence {
            for (index, line) in style.flow(words: one.text, width: max(min(style.width, 100) - 16, 30)).enumerated() {
                table.rows.append([Table.Cell(index == 0 ? one.name : "", .dim), Table.Cell(line)])
            }
        }
        if !evidence.isEmpty { lines += table.lines(style) + [""] }
        for doubt in doubts { lines += style.flow(words: "Mind: \(doubt).").map { style.paint($0, .red) } }
        if !doubts.isEmpty { lines.append("") }
        return (lines + [style.clean(next)]).joined(separator: "\n") + "\n"
    }
}
