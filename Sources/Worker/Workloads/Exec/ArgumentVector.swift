import Glibc

/// C strings for exec(3), ended by nil, at an address that stays while they do. The strings are somebody else's.
final class ArgumentVector {
    private(set) var base: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private var count = 0
    private var capacity = 16

    init() {
        base = .allocate(capacity: capacity)
        base.initialize(to: nil)
    }

    deinit {
        base.deallocate()
    }

    /// The string at `index`; nil at the end.
    subscript(index: Int) -> UnsafeMutablePointer<CChar>? { index < count ? base[index] : nil }

    func removeAll() {
        count = 0
        base[0] = nil
    }

    func append(_ string: UnsafePointer<CChar>?) {
        if count + 1 == capacity { grow() }
        base[count] = UnsafeMutablePointer(mutating: string)
        count += 1
        base[count] = nil
    }

    private func grow() {
        let larger = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity * 2)
        larger.initialize(repeating: nil, count: capacity * 2)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
