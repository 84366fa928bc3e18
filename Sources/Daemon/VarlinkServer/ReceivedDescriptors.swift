public import Linux
import Synchronization

/// The descriptors that came with a call, in the order in which the client sent them. Those that nobody takes are closed with
/// the object.
public final class ReceivedDescriptors: Sendable {
    private let descriptors: Mutex<Descriptors>

    /// Takes over open descriptors.
    init(_ numbers: [Int32]) {
        descriptors = Mutex(Descriptors(numbers))
    }

    /// How many came.
    public var count: Int { descriptors.withLock { $0.count } }

    /// Hands over the descriptor at `index`, once; nil where there is none.
    public func take(_ index: Int) -> Descriptor? { descriptors.withLock { $0.take(at: index) } }

    /// Adds those of `other`, up to `limit` in all. What is beyond stays there.
    func add(_ other: [Int32], limit: Int) -> [Int32] { descriptors.withLock { $0.add(other, limit: limit) } }
}
