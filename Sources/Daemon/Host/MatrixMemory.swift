import Catalogue

/// The memory that the matrices of a `dot` run take: so much that a host can be brought to its knees by mistake.
enum MatrixMemory {
    /// Bytes of two factors and a product on each worker; nil for a workload without matrices.
    static func bytes(of entry: Entry, _ arguments: Arguments, workers: Int) -> Int? {
        guard entry.id == .dot, let size = arguments.numbers["size"], let dtype = arguments.numbers["dtype"] else {
            return nil
        }
        // The places of the choices: 64 bits, 32 bits.
        let numberBytes = dtype == 0 ? 8 : 4
        let (bytes, isHuge) = (3 * size * size * numberBytes).multipliedReportingOverflow(by: workers)
        return isHuge ? .max : bytes
    }
}
