import Glibc

/// Descriptors that came with a reply. Those that nobody takes are closed with this.
public struct Descriptors: ~Copyable {
    /// The most that one message can bring: the kernel's own limit (SCM_MAX_FD).
    public static let most = 253

    private var numbers: [Int32?]

    init(_ numbers: [Int32]) {
        self.numbers = numbers
    }

    /// How many came; a reply speaks of them by their place, from 0.
    public var count: Int { numbers.count }

    /// Gives the descriptor at `index` to the caller, who closes it; nil where there is none, or it was taken before.
    public mutating func take(at index: Int) -> Int32? {
        guard numbers.indices.contains(index), let number = numbers[index] else { return nil }
        numbers[index] = nil
        return number
    }

    deinit {
        for case let number? in numbers { close(number) }
    }
}
