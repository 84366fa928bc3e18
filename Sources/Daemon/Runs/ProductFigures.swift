import Control
import Ledger
import Timing

/// How many threads OpenBLAS had for the products of a job.
struct ProductFigures: TaskFigures {
    private var threads = Samples()

    mutating func add(_ place: UnsafeRawPointer) -> UInt64? {
        let detail = ProductDetail(at: place)
        if detail.threads > 0 { threads.record(detail.threads) }
        return nil
    }

    var figures: [Figure] { threads.count > 0 ? [Figure("BLAS threads", "threads", threads)] : [] }
}
