import CLinux
import Glibc

/// Descriptors that came with a message. Those that nobody takes are closed with this.
public struct Descriptors: ~Copyable, Sendable {
    /// The most that one message can bring: the kernel's own limit (SCM_MAX_FD).
    public static let limit = Int(PAR_DESCRIPTORS)

    /// Nil where one has been taken.
    private var numbers: [Int32?]

    /// Takes over open descriptors.
    package init(_ numbers: [Int32]) {
        self.numbers = numbers
    }

    /// How many came; a message speaks of them by their place, from 0.
    public var count: Int { numbers.count }

    /// Hands over the descriptor at `index`, once; nil where there is none.
    public mutating func take(at index: Int) -> Descriptor? {
        guard numbers.indices.contains(index), let number = numbers[index] else { return nil }
        numbers[index] = nil
        return Descriptor(owning: number)
    }

    /// Adds those of `other`, up to `limit` in all.
    ///
    /// - Returns: what is beyond. They are the caller's.
    package mutating func add(_ other: [Int32], limit: Int) -> [Int32] {
        let room = max(0, limit - numbers.count)
        for number in other.prefix(room) { numbers.append(number) }
        return Array(other.dropFirst(room))
    }

    deinit {
        for case let number? in numbers { close(number) }
    }
}
