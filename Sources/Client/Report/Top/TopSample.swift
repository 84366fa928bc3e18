public import Control

/// All that a daemon tells of itself at one moment.
public struct TopSample: Sendable {
    /// When, in nanoseconds of a clock that only goes forward.
    public let time: Int
    public let status: GetStatus.Reply
    public let pools: [Pool]
    public let jobs: [Job]
    /// By name.
    private let metrics: [String: Metric]

    public init(time: Int, status: GetStatus.Reply, pools: [Pool], jobs: [Job], metrics: [Metric]) {
        self.time = time
        self.status = status
        self.pools = pools
        self.jobs = jobs
        self.metrics = Dictionary(metrics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// All series of a counter or gauge together.
    func sum(_ name: String) -> Double { (metrics[name]?.points ?? []).reduce(0) { $0 + ($1.value ?? 0) } }

    /// A counter of each kind of work.
    func counts(_ name: String) -> [TopWork.Kind: Double] {
        var counts: [TopWork.Kind: Double] = [:]
        for point in metrics[name]?.points ?? [] {
            if let kind = TopWork.Kind(point.labels), let value = point.value { counts[kind, default: 0] += value }
        }
        return counts
    }

    /// A histogram of each kind of work; none where its classes make no sense.
    func durations(_ name: String) -> [TopWork.Kind: Durations] {
        var durations: [TopWork.Kind: Durations] = [:]
        guard let metric = metrics[name], let bounds = metric.bounds else { return [:] }
        for point in metric.points {
            guard let kind = TopWork.Kind(point.labels), let counts = point.counts, counts.count == bounds.count + 1
            else { continue }
            durations[kind] = Durations(bounds: bounds, counts: counts)
        }
        return durations
    }
}

/// Durations by their length, as a metric tells of them.
public struct Durations: Sendable, Equatable {
    /// The longest of each class but the last one, in seconds.
    let bounds: [Double]
    let counts: [Int]

    public init(bounds: [Double], counts: [Int]) {
        self.bounds = bounds
        self.counts = counts
    }

    public var count: Int { counts.reduce(0, +) }

    /// Those that have come since `earlier`.
    func since(_ earlier: Durations?) -> Durations {
        guard let earlier, earlier.bounds == bounds else { return self }
        return Durations(bounds: bounds, counts: zip(counts, earlier.counts).map { max(0, $0 - $1) })
    }

    /// About the duration, in nanoseconds, that `share` (0…1) of all did not exceed; nil where there is none. Within its class
    /// it is taken to lie where it would with all of them evenly spread on a logarithmic scale; one beyond all bounds is the
    /// last of them.
    public func quantile(_ share: Double) -> Int? {
        let total = count
        guard total > 0, let last = bounds.last else { return nil }
        let rank = max(share * Double(total), 1)
        var below = 0
        for (place, count) in counts.enumerated() where count > 0 {
            guard Double(below + count) >= rank else {
                below += count
                continue
            }
            guard place < bounds.count else { break }
            let high = bounds[place]
            // The classes below a microsecond are one.
            let low = place > 0 ? bounds[place - 1] : high / 10
            let part = (rank - Double(below)) / Double(count)
            return Int(clamping: Int64(low * Self.power(high / low, part) * 1e9))
        }
        return Int(clamping: Int64(last * 1e9))
    }

    /// `base` to the power of `exponent`, 0…1, for bases from 1 to 10: by its bits, as square roots of square roots.
    private static func power(_ base: Double, _ exponent: Double) -> Double {
        var result = 1.0
        var root = base
        var rest = min(max(exponent, 0), 1)
        if rest == 1 { return base }
        for _ in 0..<20 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
