import Glibc
import Linux

/// Two factors and their product, of `size` by `size` numbers each, in memory that has been touched.
final class Matrices<Number: Element> {
    let size: Int
    private let a: UnsafeMutablePointer<Number>
    private let b: UnsafeMutablePointer<Number>
    private let c: UnsafeMutablePointer<Number>
    private let byteCount: Int

    /// Of numbers from -8 to 8: whole, so that small products are exact in any order of addition. Their count is prime, so
    /// that rows differ.
    private static var pattern: [Number] {
        var state: UInt32 = 1
        return (0..<4099).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Number(Int(state >> 24) % 17 - 8)
        }
    }

    /// Throws where there is no memory for them.
    init(size: Int) throws(SystemError) {
        self.size = size
        let count = size * size
        // Each begins at a page of its own.
        let room = (count * MemoryLayout<Number>.stride + 4095) / 4096 * 4096
        byteCount = 3 * room
        let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let base, base != MAP_FAILED else { throw SystemError("mmap", .current) }
        a = base.assumingMemoryBound(to: Number.self)
        b = (base + room).assumingMemoryBound(to: Number.self)
        c = (base + 2 * room).assumingMemoryBound(to: Number.self)
        let pattern = Self.pattern
        // The second factor begins elsewhere in the pattern; what the product begins with doesn't matter.
        for (matrix, numbers) in [(a, pattern), (b, pattern.reversed()), (c, pattern)] {
            for first in stride(from: 0, to: count, by: numbers.count) {
                (matrix + first).update(fromContentsOf: numbers[..<min(numbers.count, count - first)])
            }
        }
    }

    deinit {
        munmap(a, byteCount)
    }

    func multiply(by blas: BLAS) {
        Number.multiply(a, b, into: c, size: size, by: blas)
    }

    /// Whether the product is the one that three plain loops find. Exact for as few and small numbers as it is meant for.
    var isProduct: Bool {
        for row in 0..<size {
            for column in 0..<size {
                var sum: Number = 0
                for inner in 0..<size { sum += a[row * size + inner] * b[inner * size + column] }
                if c[row * size + column] != sum { return false }
            }
        }
        return true
    }
}

extension UnsafeMutablePointer where Pointee: BitwiseCopyable {
    fileprivate func update(fromContentsOf elements: ArraySlice<Pointee>) {
        elements.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { update(from: base, count: source.count) }
        }
    }
}
