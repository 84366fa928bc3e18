import Glibc
import Timing

/// What a ratio's interval says of a difference: which side it is on, or that nobody can tell, and what would settle it.
public enum Certainty: Sendable, Equatable {
    case less
    case more
    /// The difference is within `most` of nothing, surely: 0.02 for two percent.
    case same(within: Double)
    /// About so many rounds would show a difference like the one that was seen.
    case unknown(rounds: Int?)

    /// Beyond this, more rounds are no advice.
    public static let maximumRounds = 1000
    /// What is nearer than this is the same to whoever asks.
    public static let nothing = 0.02

    public init(_ ratio: Estimate) {
        guard let interval = ratio.interval else {
            self = .unknown(rounds: Estimate.fewest)
            return
        }
        if interval.high < 1 {
            self = .less
        } else if interval.low > 1 {
            self = .more
        } else {
            let most = max(interval.high - 1, 1 - interval.low)
            if most <= Self.nothing {
                self = .same(within: most)
                return
            }
            let seen = abs(ratio.median - 1)
            let half = (interval.high - interval.low) / 2
            // An interval gets narrower with the root of the number of rounds; a quarter more for luck.
            let rounds = seen > 0 ? 1.25 * Double(ratio.count) * (half / seen) * (half / seen) : .infinity
            self = .unknown(rounds: rounds <= Double(Self.maximumRounds) ? Int(rounds.rounded(.up)) : nil)
        }
    }
}

/// How many times greater one set of values is than another that was measured at another time.
public enum Independent {
    /// The ratio by Hodges and Lehmann: the median of all ratios of one value to another, and the interval that belongs to the
    /// rank test of Mann and Whitney. It asks that both are spread alike but for a factor. Nil where one is empty, or a value
    /// is not above 0.
    public static func ratio(of values: [Double], to others: [Double]) -> Ratio? {
        guard !values.isEmpty, !others.isEmpty, (values + others).allSatisfy({ $0 > 0 && $0.isFinite }) else {
            return nil
        }
        let ratios = values.flatMap { value in others.map { value / $0 } }.sorted()
        let middle = ratios.count / 2
        let median = ratios.count.isMultiple(of: 2) ? (ratios[middle - 1] + ratios[middle]) / 2 : ratios[middle]
        let (n, m) = (Double(values.count), Double(others.count))
        guard min(values.count, others.count) >= Estimate.fewest else {
            return Ratio(median: median, low: nil, high: nil)
        }
        let rank = Int((n * m / 2 - 1.96 * (n * m * (n + m + 1) / 12).squareRoot()).rounded(.down))
        guard rank >= 1 else { return Ratio(median: median, low: nil, high: nil) }
        return Ratio(median: median, low: ratios[rank - 1], high: ratios[ratios.count - rank])
    }

    public struct Ratio: Sendable, Equatable {
        public let median: Double
        /// The 95 % interval; nil where there are too few values for one.
        public let low: Double?
        public let high: Double?
    }
}

/// From how much work on a cold pool's cost is small beside it.
public struct BreakEven: Sendable, Equatable {
    /// Of the whole run, 0…1.
    public let share: Double
    /// So many tasks like those that were run.
    public let tasks: Estimate
    /// As many tasks as were run, of this length, in nanoseconds.
    public let length: Estimate

    public static let shares = [0.01, 0.1]

    /// - Parameters:
    ///   - costs: by round, what a cold run cost more than a warm one, in nanoseconds.
    ///   - runs: by round, how long the warm run's tasks took, all together.
    ///   - speedups: by round, how many tasks ran at a time.
    ///   - tasks: of each run.
    /// - Returns: nil where a round has no value at all.
    public init?(share: Double, costs: [Double?], runs: [Double?], speedups: [Double?], tasks: Int) {
        var counts: [Double] = []
        var lengths: [Double] = []
        for ((cost, run), speedup) in zip(zip(costs, runs), speedups) {
            guard let cost, let run, let speedup, run > 0, tasks > 0 else { continue }
            // cost ÷ (cost + work) = share
            let work = max(cost, 0) * (1 - share) / share
            counts.append(work / (run / Double(tasks)))
            lengths.append(work * speedup / Double(tasks))
        }
        guard let counted = Estimate(counts), let length = Estimate(lengths) else { return nil }
        self.share = share
        self.tasks = counted
        self.length = length
    }
}

/// Whether runs got slower or faster while they were measured.
public enum Drift {
    /// The median of the second half over that of the first; nil where that may be chance, or is below five percent.
    public static func among(_ values: [Double?]) -> Double? {
        let there = values.compactMap(\.self)
        guard there.count >= 2 * Estimate.fewest, let first = Estimate(Array(there[..<(there.count / 2)])),
            let second = Estimate(Array(there[(there.count / 2)...])), first.median > 0,
            let early = first.interval, let late = second.interval
        else { return nil }
        let ratio = second.median / first.median
        guard early.high < late.low || late.high < early.low, abs(ratio - 1) > 0.05 else { return nil }
        return ratio
    }
}

/// A generator of random numbers that gives the same ones for the same seed: resampling must not make two reports of one
/// experiment differ. (SplitMix64, Steele, Lea and Flood 2014.)
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
