import Control
import Timing

/// The same work in several ways, several times over: a run of each cell in each round, and what the receipts say of them.
///
/// A cell is one combination of what is varied: workers, warm or cold, an option, a command. Cells are compared round by
/// round, so that what slows a whole round down slows both sides.
public struct Experiment<Cell: Hashable & Sendable>: Sendable {
    public let cells: [Cell]
    /// The receipts of each round that was gone through to its end.
    public private(set) var rounds: [[Cell: Receipt]]
    /// Whether a run is one that its cell stands for.
    private let isSound: @Sendable (Cell, Receipt) -> Bool

    public init(
        _ cells: [Cell], rounds: [[Cell: Receipt]] = [], isSound: @escaping @Sendable (Cell, Receipt) -> Bool
    ) {
        self.cells = cells
        self.rounds = rounds
        self.isSound = isSound
    }

    public mutating func add(_ round: [Cell: Receipt]) { rounds.append(round) }

    /// The places of `count` cells in the order of round `number`: each round begins with the next one.
    public static func order(of count: Int, round number: Int) -> [Int] {
        (0..<count).map { ($0 + number) % count }
    }

    /// By round, the receipt of a sound run; nil for the others.
    public func receipts(of cell: Cell) -> [Receipt?] {
        rounds.map { round in round[cell].flatMap { isSound(cell, $0) ? $0 : nil } }
    }

    /// By round, what `measure` finds in the receipt of a sound run.
    public func values(of cell: Cell, _ measure: (Receipt) -> Double?) -> [Double?] {
        receipts(of: cell).map { $0.flatMap(measure) }
    }

    public func estimate(of cell: Cell, _ measure: (Receipt) -> Double?) -> Estimate? {
        Estimate(values(of: cell, measure).compactMap(\.self))
    }

    /// One cell's value over that of another, of the rounds in which both were sound.
    public func ratio(of one: Cell, to other: Cell, _ measure: (Receipt) -> Double?) -> Estimate? {
        Estimate(
            zip(values(of: one, measure), values(of: other, measure)).compactMap { above, below in
                guard let above, let below, below > 0 else { return nil }
                return above / below
            })
    }

    /// How long the tasks of all sound runs of a cell took, or how long workers were free before them.
    public func distribution(of cell: Cell, _ text: (Histograms) -> String?) -> Distribution {
        var whole = Distribution()
        for receipt in receipts(of: cell) {
            guard let text = receipt?.histograms.flatMap(text), let one = Distribution(text: text) else { continue }
            whole.add(one)
        }
        return whole
    }
}

/// What is measured of a run, in nanoseconds.
public enum Measure: String, Sendable, CaseIterable {
    case elapsed, overhead, queue, startup, dispatch, run, collect, teardown, task

    public func callAsFunction(_ receipt: Receipt) -> Double? {
        let phases = receipt.phases
        return switch self {
        case .elapsed: Double(receipt.elapsed)
        case .overhead: Double(receipt.elapsed - phases.run)
        case .queue: Double(phases.queue)
        case .startup: Double(phases.startup)
        case .dispatch: Double(phases.dispatch)
        case .run: Double(phases.run)
        case .collect: Double(phases.collect)
        case .teardown: Double(phases.teardown)
        case .task: receipt.task.max > 0 ? Double(receipt.task.p50) : nil
        }
    }

    /// The phases in their order.
    public static let phases: [Measure] = [.queue, .startup, .dispatch, .run, .collect, .teardown]
}

/// How values lie, beside their ``Estimate``.
public struct Spread: Sendable, Equatable {
    public let least: Double
    public let greatest: Double
    /// That which 99 percent of all are at or below; of less than 100 values, the greatest.
    public let p99: Double
    public let mean: Double
    /// The sample's standard deviation; nil of one value.
    public let deviation: Double?

    /// Nil where there is no value.
    public init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        (least, greatest) = (first, last)
        p99 = sorted[max(Int((0.99 * Double(sorted.count)).rounded(.up)) - 1, 0)]
        let mean = sorted.reduce(0, +) / Double(sorted.count)
        self.mean = mean
        let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation = sorted.count > 1 ? (squares / Double(sorted.count - 1)).squareRoot() : nil
    }
}

/// A value that is far from the others.
public struct Outlier: Sendable, Equatable {
    /// Counted from 0.
    public let round: Int
    public let value: Double
    /// Over the median.
    public let ratio: Double

    /// How many times the usual distance from the median one must be away. Of normal values one in 50 million is.
    private static let limit = 5.6
    /// The distance that half of normal values are within, in standard deviations.
    private static let normal = 0.6745

    /// Those of `values`, which are by round; none where they are few. Nothing is taken away for being one.
    public static func among(_ values: [Double?]) -> [Outlier] {
        let there = values.compactMap(\.self)
        guard there.count >= Estimate.fewest, let median = Estimate(there)?.median,
            let distance = Estimate(there.map { abs($0 - median) })?.median, distance > 0, median > 0
        else { return [] }
        return values.enumerated().compactMap { round, value in
            guard let value, abs(value - median) * normal / distance > limit else { return nil }
            return Outlier(round: round, value: value, ratio: value / median)
        }
    }
}
