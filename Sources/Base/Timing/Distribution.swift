/// How durations are spread: how many lay in each bucket of an HDR histogram with two significant digits. Nanoseconds.
///
/// Two such histograms merge without loss, whichever run, day or host they are of. A bucket is less than 0.8 % wide, and below
/// 256 ns it is a nanosecond. Only buckets that have something in them take memory.
public struct Distribution: Sendable, Equatable {
    /// What lies in one bucket.
    public struct Bucket: Sendable, Equatable {
        let index: Int
        public let count: UInt64

        /// The shortest and the longest duration that are counted here.
        public var range: ClosedRange<UInt64> { Distribution.range(of: index) }
        /// The middle of them, which stands for them all.
        public var middle: UInt64 { range.lowerBound + (range.upperBound - range.lowerBound) / 2 }
    }

    /// In ascending order, without empty ones.
    public private(set) var buckets: [Bucket] = []

    /// Without any duration.
    public init() {}

    /// - Parameter durations: in any order.
    public init(_ durations: [UInt64]) {
        self.init(sorted: durations.sorted())
    }

    /// - Parameter durations: in ascending order.
    init(sorted durations: [UInt64]) {
        var last = -1
        var count: UInt64 = 0
        for duration in durations {
            let index = Self.index(of: duration)
            if index != last {
                if count > 0 { buckets.append(Bucket(index: last, count: count)) }
                (last, count) = (index, 0)
            }
            count += 1
        }
        if count > 0 { buckets.append(Bucket(index: last, count: count)) }
    }

    init(_ buckets: [Bucket]) {
        self.buckets = buckets
    }

    /// How many durations it holds.
    public var count: UInt64 { buckets.reduce(0) { $0 &+ $1.count } }

    public var isEmpty: Bool { buckets.isEmpty }

    /// Counts in what `other` holds.
    public mutating func add(_ other: Distribution) {
        if other.isEmpty { return }
        if isEmpty { buckets = other.buckets } else { merge(other) }
    }

    private mutating func merge(_ other: Distribution) {
        var merged: [Bucket] = []
        merged.reserveCapacity(buckets.count + other.buckets.count)
        var (mine, its) = (buckets[...], other.buckets[...])
        while let one = mine.first, let two = its.first {
            if one.index == two.index {
                merged.append(Bucket(index: one.index, count: one.count &+ two.count))
                mine.removeFirst()
                its.removeFirst()
            } else if one.index < two.index {
                merged.append(mine.removeFirst())
            } else {
                merged.append(its.removeFirst())
            }
        }
        buckets = merged + mine + its
    }

    /// For each of `percents`, in ascending order, the middle of the bucket that so many percent of all are in or below; 0
    /// where there is none.
    public func percentiles(_ percents: [Double]) -> [UInt64] {
        let total = Double(count)
        var below: UInt64 = 0
        var next = 0
        return percents.map { percent in
            let rank = max((percent / 100 * total).rounded(.up), 1)
            while next < buckets.count, Double(below &+ buckets[next].count) < rank {
                below &+= buckets[next].count
                next += 1
            }
            return next < buckets.count ? buckets[next].middle : buckets.last?.middle ?? 0
        }
    }

    // MARK: Buckets

    /// Buckets of one power of two, but for the first 256, which are single nanoseconds.
    private static let halfBits = 7
    private static let half = 1 << halfBits
    /// Below the largest number that HDR histograms can hold.
    static let longest: UInt64 = 1 << 62

    /// Where a duration is counted: the place in the array of an HDR histogram.
    static func index(of duration: UInt64) -> Int {
        let duration = min(duration, longest)
        let shift = 64 - (halfBits + 1) - (duration | UInt64(2 * half - 1)).leadingZeroBitCount
        return (shift << halfBits) + Int(duration >> UInt64(shift))
    }

    private static func range(of index: Int) -> ClosedRange<UInt64> {
        guard index >= 2 * half else { return UInt64(index)...UInt64(index) }
        let shift = UInt64((index >> halfBits) - 1)
        let least = UInt64((index & (half - 1)) + half) << shift
        return least...(least + (1 << shift) - 1)
    }
}

/// Counts durations as they come, of any number, for a ``Distribution``.
struct BucketCounts: Sendable {
    private var counts: [UInt64] = []

    mutating func add(_ duration: UInt64, count: UInt64 = 1) {
        let index = Distribution.index(of: duration)
        if index >= counts.count { counts += repeatElement(0, count: index + 1 - counts.count) }
        counts[index] &+= count
    }

    mutating func add(_ durations: [UInt64]) {
        for duration in durations { add(duration) }
    }

    var distribution: Distribution {
        Distribution(
            counts.enumerated().compactMap { $1 == 0 ? nil : Distribution.Bucket(index: $0, count: $1) })
    }
}

/// Durations of which only the ``Distribution`` is wanted, counted as they come.
public struct Tally: Sendable {
    private var few: [UInt64] = []
    private var many = BucketCounts()

    /// So many are kept as they are: a short run needs no array of buckets.
    private static let fewCount = 4096

    public init() {}

    public mutating func record(_ nanoseconds: UInt64) {
        few.append(nanoseconds)
        guard few.count >= Self.fewCount else { return }
        many.add(few)
        few.removeAll(keepingCapacity: true)
    }

    public var distribution: Distribution {
        var whole = many.distribution
        whole.add(Distribution(few))
        return whole
    }
}
