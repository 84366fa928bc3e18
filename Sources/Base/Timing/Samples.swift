import Histogram

/// Durations, summed up as they come in: nanoseconds, of any number, in constant memory.
///
/// Least, greatest and sum are exact, and percentiles up to ``exactCount`` durations; beyond, percentiles have three
/// significant digits.
public struct Samples: Sendable {
    public private(set) var count = 0
    public private(set) var sum: UInt64 = 0
    public private(set) var min: UInt64 = 0
    public private(set) var max: UInt64 = 0
    /// Those that are in no histogram yet: all, while they are few.
    private var few: [UInt64] = []
    /// The others, in which many are put at a time. It is not made before: it takes longer than a short run.
    private var histogram: Histogram<UInt64>?
    /// The same ones once more, for the distribution.
    private var buckets = BucketCounts()

    public static let exactCount = 4096
    /// An hour: a longer duration makes the histogram grow.
    private static let initialMaximum: UInt64 = 3_600_000_000_000

    public init() {}

    public mutating func record(_ nanoseconds: UInt64) {
        min = count == 0 ? nanoseconds : Swift.min(min, nanoseconds)
        max = Swift.max(max, nanoseconds)
        count += 1
        sum &+= nanoseconds
        few.append(nanoseconds)
        if few.count > Self.exactCount {
            histogram = Self.histogram(histogram.take(), and: few)
            buckets.add(few)
            few.removeAll(keepingCapacity: true)
        }
    }

    /// Counts in what others have summed up: how many durations were about so long, and of all of them the exact sum, the
    /// shortest and the longest.
    public mutating func add(
        _ durations: [(nanoseconds: UInt64, count: Int)], sum more: UInt64, shortest: UInt64, longest: UInt64
    ) {
        let added = durations.reduce(0) { $0 + $1.count }
        guard added > 0 else { return }
        min = count == 0 ? shortest : Swift.min(min, shortest)
        max = Swift.max(max, longest)
        count += added
        sum &+= more
        var whole = Self.histogram(histogram.take(), and: few)
        buckets.add(few)
        few.removeAll(keepingCapacity: true)
        for (nanoseconds, times) in durations {
            _ = whole.record(nanoseconds, count: UInt64(times))
            buckets.add(nanoseconds, count: UInt64(times))
        }
        histogram = whole
    }

    /// How they are spread.
    public var distribution: Distribution {
        var whole = buckets.distribution
        whole.add(Distribution(few))
        return whole
    }

    private static func histogram(
        _ earlier: consuming Histogram<UInt64>?, and values: [UInt64]
    ) -> Histogram<UInt64> {
        var histogram = earlier ?? empty()
        for value in values { _ = histogram.record(value) }
        return histogram
    }

    private static func empty() -> Histogram<UInt64> {
        var histogram = Histogram<UInt64>(highestTrackableValue: initialMaximum)
        histogram.autoResize = true
        return histogram
    }

    /// Hands `body` all durations, of many of about the same length one and how many there are.
    func forEach(_ body: (_ nanoseconds: UInt64, _ times: Int) -> Void) {
        for nanoseconds in few { body(nanoseconds, 1) }
        guard let histogram else { return }
        for value in histogram.recordedValues() { body(value.value, Int(clamping: value.count)) }
    }

    /// For each of `percents`, the smallest duration that so many percent of all are at or below; 0 where there is none.
    public func percentiles(_ percents: [Double]) -> [UInt64] {
        if let histogram {
            let histogram = Self.histogram(histogram, and: few)
            // A bucket's upper edge can lie beyond what was recorded.
            return percents.map { Swift.min(max, Swift.max(min, histogram.valueAtPercentile($0))) }
        }
        let sorted = few.sorted()
        return percents.map { percent in
            sorted.isEmpty ? 0 : sorted[Swift.max(0, Int((percent / 100 * Double(count)).rounded(.up)) - 1)]
        }
    }
}

/// Figures that are worked out from a run's times, rather than measured.
public struct DerivedFigures: Sendable, Equatable {
    /// Sum of task times over the run phase; nil where no time passed.
    public let speedup: Double?
    /// ``speedup`` over the number of workers.
    public let efficiency: Double?
    /// From how many such tasks on it takes less time to start these workers and use them than to use one that is there
    /// already: the start-up over what a task gains. Nil where more workers were no faster.
    public let breakEven: Int?

    public init(taskSum: UInt64, tasks: Int, run: Int, workers: Int, startup: Int) {
        guard run > 0, tasks > 0, taskSum > 0 else {
            speedup = nil
            efficiency = nil
            breakEven = nil
            return
        }
        let speedup = Double(taskSum) / Double(run)
        self.speedup = speedup
        efficiency = speedup / Double(workers)
        let gain = Double(taskSum) / Double(tasks) * (1 - 1 / speedup)
        let count = (Double(startup) / gain).rounded(.up)
        breakEven = gain > 0 && count < 1e15 ? Swift.max(1, Int(count)) : nil
    }
}
