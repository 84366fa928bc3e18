import Timing

/// How long commands may take, in percent of the median time of those that have done well so far (`--timeout 200%`).
struct MedianTimeout {
    private let percent: Double
    private var times = Samples()
    /// Nanoseconds; nil while no command has ended.
    private(set) var limit: Int?

    init(percent: Double) {
        self.percent = percent
    }

    /// Counts in a command that has done well.
    mutating func add(nanoseconds: Int) {
        times.record(UInt64(clamping: nanoseconds))
        limit = Int(Double(times.percentiles([50])[0]) * percent / 100)
    }
}
