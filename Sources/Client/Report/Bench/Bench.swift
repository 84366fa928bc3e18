import Control
import Experiments
import Timing

/// What `parctl bench` measured: the same work on warm and on cold workers, in several ways, several times over.
public struct Bench: Sendable {
    /// One command, or one value of what was scanned.
    public struct Variant: Sendable, Hashable {
        /// As people call it.
        public let name: String
        /// What was scanned, and its value here.
        public let values: [Value]
        /// Of each run.
        public let tasks: Int

        public struct Value: Sendable, Hashable {
            public let option: String
            public let value: String

            public init(option: String, value: String) {
                self.option = option
                self.value = value
            }
        }

        public init(name: String, values: [Value], tasks: Int) {
            self.name = name
            self.values = values
            self.tasks = tasks
        }
    }

    /// What a run's workers are.
    public enum Kind: String, Sendable, Hashable, CaseIterable, Encodable {
        /// They were there.
        case warm
        /// Threads that are started, or processes that are forked, for the run.
        case fresh
        /// Processes that are programs started anew for the run; with a runtime, its interpreter too.
        case exec
    }

    /// What is varied.
    public struct Cell: Sendable, Hashable {
        public let variant: Int
        public let arm: Arm
        public let kind: Kind

        public init(variant: Int, arm: Arm, kind: Kind) {
            self.variant = variant
            self.arm = arm
            self.kind = kind
        }
    }

    public let command: String
    public let variants: [Variant]
    public let arms: [Arm]
    public let experiment: Experiment<Cell>
    /// The one that others are compared with.
    public let reference: Int
    /// Whether arms were chosen to see how speed grows with workers.
    public let isSweep: Bool
    /// Whether runs with failed tasks count as well.
    public let countsFailures: Bool
    /// What makes the figures doubtful, from outside of them.
    public let warnings: [String]

    public init(
        command: String, variants: [Variant], arms: [Arm], experiment: Experiment<Cell>, reference: Int = 0,
        isSweep: Bool = false, countsFailures: Bool = false, warnings: [String] = []
    ) {
        self.command = command
        self.variants = variants
        self.arms = arms
        self.experiment = experiment
        self.reference = reference
        self.isSweep = isSweep
        self.countsFailures = countsFailures
        self.warnings = warnings
    }

    public static func experiment(of cells: [Cell], countsFailures: Bool) -> Experiment<Cell> {
        Experiment(cells) { cell, receipt in
            guard receipt.outcome == .ok || (countsFailures && receipt.outcome == .failed) else { return false }
            return (receipt.temperature == .warm) == (cell.kind == .warm)
        }
    }

    public var cells: [Cell] { experiment.cells }
    var rounds: Int { experiment.rounds.count }

    /// Where it ran.
    public var host: Host? { experiment.rounds.first?.values.lazy.compactMap(\.host).first }

    /// `4 threads, fresh`, with the variant where there are several.
    public func name(of cell: Cell) -> String {
        (variants.count > 1 ? "\(variants[cell.variant].name), " : "") + "\(cell.arm.name), \(cell.kind.rawValue)"
    }

    /// The same on warm workers; nil for one that is that, or where there is none.
    func warm(of cell: Cell) -> Cell? {
        let warm = Cell(variant: cell.variant, arm: cell.arm, kind: .warm)
        return cell.kind != .warm && cells.contains(warm) ? warm : nil
    }

    func estimate(_ cell: Cell, _ measure: Measure) -> Estimate? {
        experiment.estimate(of: cell, measure.callAsFunction)
    }

    func spread(_ cell: Cell, _ measure: Measure) -> Spread? {
        Spread(experiment.values(of: cell, measure.callAsFunction).compactMap(\.self))
    }

    func ratio(_ cell: Cell, to other: Cell, _ measure: Measure) -> Estimate? {
        experiment.ratio(of: cell, to: other, measure.callAsFunction)
    }

    /// From when on a cold pool's cost is below `share`; nil where there is no warm one to compare with.
    public func breakEven(_ cell: Cell, share: Double) -> BreakEven? {
        guard let warm = warm(of: cell) else { return nil }
        let (cold, usual) = (experiment.receipts(of: cell), experiment.receipts(of: warm))
        return BreakEven(
            share: share,
            costs: zip(cold, usual).map { cold, warm in
                guard let cold = cold.flatMap({ Measure.overhead($0) }),
                    let warm = warm.flatMap({ Measure.overhead($0) })
                else { return nil }
                return cold - warm
            },
            runs: usual.map { $0.map { Double($0.phases.run) } }, speedups: usual.map { $0?.speedup },
            tasks: variants[cell.variant].tasks)
    }

    /// Outliers of a cell's elapsed time.
    func outliers(_ cell: Cell) -> [Outlier] {
        Outlier.among(experiment.values(of: cell, Measure.elapsed.callAsFunction))
    }

    /// Of the cells on warm workers with arms of `mode`, by their numbers: the speeds in each round in which all were sound, in
    /// tasks a second. Nil where there are fewer than two.
    func speeds(_ mode: Mode, variant: Int) -> (workers: [Int], rounds: [[Double]])? {
        let arms = arms.filter { $0.mode == mode || ($0.mode == .serial && !self.arms.contains(Arm(mode, workers: 1))) }
            .sorted { $0.workers < $1.workers }
        guard arms.count > 1 else { return nil }
        let columns = arms.map { arm in
            experiment.values(of: Cell(variant: variant, arm: arm, kind: .warm), Measure.elapsed.callAsFunction)
        }
        let tasks = Double(variants[variant].tasks)
        let rounds = (0..<rounds).compactMap { round -> [Double]? in
            let times = columns.compactMap { $0[round] }
            return times.count == columns.count && times.allSatisfy { $0 > 0 } ? times.map { tasks * 1e9 / $0 } : nil
        }
        return (arms.map(\.workers), rounds)
    }
}
