/// What `dot` tells of a task beside its record.
public struct ProductDetail: Sendable, Equatable {
    /// Threads that OpenBLAS had for the product.
    public var threads: UInt64

    public static let byteCount = MemoryLayout<ProductDetail>.stride

    public init(threads: UInt64) {
        self.threads = threads
    }

    /// The detail that stands at `place`.
    public init(at place: UnsafeRawPointer) {
        self = place.loadUnaligned(as: ProductDetail.self)
    }
}
