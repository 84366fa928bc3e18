import Control

/// How the times of tasks are spread, of several runs on one axis: a linear one, or, where times differ by more than four
/// times, a logarithmic one.
struct TaskHistogram: Sendable {
    /// Of each run, the tasks in each bin.
    let counts: [[Int]]
    /// The bins' borders in nanoseconds, one more than there are bins.
    let edges: [Double]
    let isLogarithmic: Bool

    static let bins = 32

    /// Nil where no task ran.
    init?(_ runs: [RecordedRun]) {
        let ran = runs.filter { $0.receipt.task.max > 0 }
        guard let least = ran.map(\.receipt.task.min).min(), let most = ran.map(\.receipt.task.max).max() else {
            return nil
        }
        let low = Double(max(least, 1))
        let high = max(Double(most), low + 1)
        isLogarithmic = high > low * 4
        let ratio = Self.root(of: high / low)
        let bins = Self.bins
        let isLogarithmic = isLogarithmic
        var edges = [low]
        for bin in 1...bins {
            edges.append(isLogarithmic ? edges[bin - 1] * ratio : low + (high - low) * Double(bin) / Double(bins))
        }
        edges[bins] = high
        self.edges = edges
        counts = runs.map { run in
            var counts = [Int](repeating: 0, count: bins)
            for record in run.blocks.joined() where record.ran {
                counts[Self.bin(of: Double(record.stop - record.start), in: edges)] += 1
            }
            return counts
        }
    }

    /// The factor of one of 32 bins that make up `value` together: five square roots.
    private static func root(of value: Double) -> Double {
        (0..<5).reduce(value) { root, _ in root.squareRoot() }
    }

    /// The last bin that begins at or below `time`.
    private static func bin(of time: Double, in edges: [Double]) -> Int {
        var (low, high) = (0, edges.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if edges[middle] <= time { low = middle } else { high = middle }
        }
        return low
    }
}
