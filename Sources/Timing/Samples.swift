import Histogram

/// Durations, summed up as they come in: nanoseconds, of any number, in constant memory.
///
/// Least, greatest and sum are exact; percentiles have three significant digits.
public struct Samples: Sendable {
    public private(set) var count = 0
    public private(set) var sum: UInt64 = 0
    public private(set) var min: UInt64 = 0
    public private(set) var max: UInt64 = 0
    private var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)

    public init() {
        histogram.autoResize = true
    }

    public mutating func record(_ nanoseconds: UInt64) {
        min = count == 0 ? nanoseconds : Swift.min(min, nanoseconds)
        max = Swift.max(max, nanoseconds)
        count += 1
        sum &+= nanoseconds
        _ = histogram.record(nanoseconds)
    }

    /// The smallest duration that `percent` of all are at or below; 0 where there is none.
    public func percentile(_ percent: Double) -> UInt64 {
        if count == 0 { return 0 }
        // A bucket's upper edge can lie beyond what was recorded.
        return Swift.min(max, Swift.max(min, histogram.valueAtPercentile(percent)))
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
