import Catalogue
import Control
import Ledger
import Timing

/// Sums up what a workload tells of its tasks beside their records.
protocol TaskFigures: Sendable {
    /// Takes in the detail of a task that has begun and ended.
    ///
    /// - Returns: the processor time that the task had outside its worker, in nanoseconds; nil where none is known.
    mutating func add(_ detail: UnsafeRawPointer) -> UInt64?
    var figures: [Figure] { get }
}

extension WorkloadID {
    /// What sums up the details of this workload's tasks; nil where they have none.
    var taskFigures: (any TaskFigures)? {
        switch self {
        case .exec: CommandFigures()
        case .dot: ProductFigures()
        case .download, .api: FetchFigures()
        case .noop, .sleep, .cpu, .io: nil
        }
    }

    /// The bytes of a task's detail; 0 where there is none.
    var detailBytes: Int {
        switch self {
        case .exec: CommandDetail.byteCount
        case .dot: ProductDetail.byteCount
        case .download, .api: FetchDetail.byteCount
        case .noop, .sleep, .cpu, .io: 0
        }
    }
}

extension Figure {
    init(_ name: String, _ unit: String, _ samples: Samples) {
        let percentiles = samples.percentiles([50, 99]).map { Int(clamping: $0) }
        self.init(
            name: name, unit: unit, count: samples.count, sum: Int(clamping: samples.sum),
            min: Int(clamping: samples.min),
            p50: percentiles[0], p99: percentiles[1], max: Int(clamping: samples.max))
    }
}
