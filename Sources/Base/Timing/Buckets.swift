/// Durations by their length, in few classes and for good: what a daemon can keep of all its runs.
///
/// ``Samples`` of single runs are counted in whole; of more than ``Samples/exactCount`` durations, those that lie within a
/// thousandth of a bound may be counted on its other side.
public struct Buckets: Sendable, Equatable {
    /// The longest duration of each class but the last one, in nanoseconds: 1, 2.5 and 5 of each power of ten from a
    /// microsecond to 100 seconds.
    public static let bounds: [UInt64] =
        (3...10).flatMap { power -> [UInt64] in
            let unit = (0..<power).reduce(UInt64(1)) { number, _ in number * 10 }
            return [unit, unit * 5 / 2, unit * 5]
        } + [100_000_000_000]

    /// For each width in bits, the first class that a number of this width may belong to: so a few comparisons find it.
    private static let firstClasses: [Int] = (0...UInt64.bitWidth).map { width in
        let least = width == 0 ? 0 : UInt64(1) << UInt64(width - 1)
        return bounds.firstIndex { $0 >= least } ?? bounds.count
    }

    /// How many durations are in each class; the last one is of those beyond all bounds.
    public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// All durations together, in nanoseconds.
    public private(set) var sum: UInt64 = 0

    public init() {}

    public var count: Int { counts.reduce(0, +) }

    /// Counts one duration.
    public mutating func record(_ nanoseconds: UInt64) {
        counts[Self.place(of: nanoseconds, Self.bounds, Self.firstClasses)] += 1
        sum &+= nanoseconds
    }

    /// Counts all durations of `samples`.
    public mutating func add(_ samples: borrowing Samples) {
        let (bounds, firsts) = (Self.bounds, Self.firstClasses)
        samples.forEach { nanoseconds, times in counts[Self.place(of: nanoseconds, bounds, firsts)] += times }
        sum &+= samples.sum
    }

    private static func place(of nanoseconds: UInt64, _ bounds: [UInt64], _ firsts: [Int]) -> Int {
        var place = firsts[UInt64.bitWidth - nanoseconds.leadingZeroBitCount]
        while place < bounds.count, bounds[place] < nanoseconds { place += 1 }
        return place
    }
}
