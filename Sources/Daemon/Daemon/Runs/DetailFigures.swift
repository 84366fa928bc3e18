import Catalogue
import Control
import Ledger
import Timing

/// Sums up what a workload tells of its tasks beside their records, as the columns of its definition say.
struct DetailFigures: Sendable {
    private struct Column: Sendable {
        let place: Int
        /// The places of the columns that must not be 0 for a task to count.
        let over: [Int]
        let name: String
        let unit: String
        var samples = Samples()
    }

    private var columns: [Column]
    /// The places of the columns that are processor time.
    private let processorTimes: [Int]

    /// Nil where there is nothing to sum up.
    init?(of definition: Definition) {
        let detail = definition.detail
        guard !detail.columns.isEmpty else { return nil }
        columns = detail.columns.enumerated().compactMap { place, column in
            column.summary.map { summary in
                Column(
                    place: place, over: summary.over.compactMap(detail.place(of:)), name: summary.name,
                    unit: column.unit)
            }
        }
        processorTimes = detail.columns.indices.filter { detail.columns[$0].role == .processorTime }
    }

    /// Takes in the detail of a task that has begun and ended.
    ///
    /// - Returns: the processor time that the task had outside its worker, in nanoseconds; nil where none is known.
    mutating func add(_ detail: TaskDetail) -> UInt64? {
        var isCounted = false
        for index in columns.indices where columns[index].over.allSatisfy({ detail[$0] != 0 }) {
            isCounted = true
            columns[index].samples.record(UInt64(clamping: detail[columns[index].place]))
        }
        guard isCounted, !processorTimes.isEmpty else { return nil }
        return processorTimes.reduce(0) { $0 &+ UInt64(clamping: detail[$1]) }
    }

    var figures: [Figure] {
        columns.filter { $0.samples.count > 0 }.map { Figure($0.name, $0.unit, $0.samples) }
    }
}

extension Figure {
    init(_ name: String, _ unit: String, _ samples: Samples) {
        let percentiles = samples.percentiles([50, 99]).map { Int(clamping: $0) }
        self.init(
            name: name, unit: unit, count: samples.count, sum: Int(clamping: samples.sum),
            min: Int(clamping: samples.min), p50: percentiles[0], p99: percentiles[1], max: Int(clamping: samples.max))
    }
}
