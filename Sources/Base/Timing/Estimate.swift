import Glibc

/// What repeated measurements say of the value that they scatter around: their median, and an interval for the true one.
///
/// The interval is that of the order statistics, which asks nothing of the distribution but that the measurements are
/// independent: of n sorted values, the k-th from below and from above enclose the true median unless fewer than k of the
/// n fell on one side of it, which is as likely as with n tosses of a coin.
public struct Estimate: Sendable, Equatable {
    public let count: Int
    /// The middle value, or the mean of the two middle ones.
    public let median: Double
    /// The narrowest such interval that holds the true median with at least ``level``; nil where the values are too few
    /// for any.
    public let interval: Interval?

    /// An interval, and how sure it is.
    public struct Interval: Sendable, Equatable {
        public let low: Double
        public let high: Double
        /// The probability that such an interval holds the true value, 0…1.
        public let confidence: Double

        public func contains(_ value: Double) -> Bool { low <= value && value <= high }
    }

    /// How sure an interval must be.
    public static let level = 0.95
    /// The fewest values that an interval can be had from: 1 − 2 × 2⁻ⁿ is below ``level`` with less.
    public static let fewest = 6

    /// Nil where there is no value, or one is not a number.
    public init?(_ values: [Double]) {
        guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
        let sorted = values.sorted()
        count = sorted.count
        let middle = count / 2
        median = count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        interval = Self.rank(for: sorted.count).map { rank, confidence in
            Interval(low: sorted[rank - 1], high: sorted[sorted.count - rank], confidence: confidence)
        }
    }

    /// The greatest k for which the k-th values from both ends of `count` enclose the median surely enough, and how surely
    /// they do; nil where not even the first and the last do.
    static func rank(for count: Int) -> (rank: Int, confidence: Double)? {
        var found: (rank: Int, confidence: Double)?
        // The tail of the binomial distribution, summed up from its end. Logarithms, as 2⁻ⁿ underflows beyond n = 1074.
        var term = -Double(count) * log(2)
        var tail = 0.0
        for rank in 1...max(count / 2, 1) where count > 1 {
            tail += exp(term)
            let confidence = 1 - 2 * tail
            guard confidence >= level else { break }
            found = (rank, confidence)
            term += log(Double(count - rank + 1)) - log(Double(rank))
        }
        return found
    }
}
