public import Linux
import Glibc
import Synchronization

/// The descriptors that came with a call, in the order in which the client sent them. Those that nobody takes are closed with
/// the object.
public final class ReceivedDescriptors: Sendable {
    /// Nil where one has been taken.
    private let numbers: Mutex<[Int32?]>

    /// Takes over open descriptors.
    init(_ numbers: [Int32]) {
        self.numbers = Mutex(numbers)
    }

    deinit {
        for number in numbers.withLock({ $0 }) {
            if let number { close(number) }
        }
    }

    /// How many came.
    public var count: Int { numbers.withLock { $0.count } }

    /// Hands over the descriptor at `index`, once; nil where there is none.
    public func take(_ index: Int) -> Descriptor? {
        numbers.withLock { numbers in
            guard numbers.indices.contains(index), let number = numbers[index] else { return nil }
            numbers[index] = nil
            return Descriptor(owning: number)
        }
    }

    /// Adds those of `other`, up to `limit` in all. What is beyond stays there.
    func add(_ other: [Int32], limit: Int) -> [Int32] {
        numbers.withLock { numbers in
            let room = max(0, limit - numbers.count)
            numbers += other.prefix(room).map { $0 }
            return Array(other.dropFirst(room))
        }
    }
}
