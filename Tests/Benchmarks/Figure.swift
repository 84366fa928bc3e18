import Glibc

/// Samples of one contestant: of one round, or of all.
struct Figure {
    /// Ascending.
    let sorted: [Double]

    init(_ samples: [Double]) {
        sorted = samples.sorted()
    }

    /// The smallest sample that `share` (0…1) of all are at or below; 0 where there is none.
    func quantile(_ share: Double) -> Double {
        if sorted.isEmpty { return 0 }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    var median: Double { quantile(0.5) }
    var p99: Double { quantile(0.99) }

    /// Has the true quantile within it nine times out of ten, whatever the distribution: how many of the samples lie
    /// below the quantile is binomial. Of too few samples it is their whole range.
    func interval(of share: Double) -> ClosedRange<Double> {
        let count = sorted.count
        if count == 0 { return 0...0 }
        var lower = 1
        var upper = count
        var atMost = 0.0
        for below in 0..<count {
            atMost += Self.binomial(below, of: count, share)
            if atMost <= 0.05 { lower = below + 1 }
            if atMost >= 0.95 { upper = min(upper, below + 1) }
        }
        return sorted[lower - 1]...sorted[max(lower, upper) - 1]
    }

    /// The chance of `hits` hits in `count` tries.
    private static func binomial(_ hits: Int, of count: Int, _ share: Double) -> Double {
        let ways = lgamma(Double(count + 1)) - lgamma(Double(hits + 1)) - lgamma(Double(count - hits + 1))
        return exp(ways + Double(hits) * log(share) + Double(count - hits) * log(1 - share))
    }
}
