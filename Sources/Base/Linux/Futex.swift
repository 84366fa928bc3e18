import CLinux
import Glibc
public import Synchronization

/// Sleeping on a word of shared memory, across processes.
public enum Futex {
    /// A word to sleep on. It lives in mapped memory, so that its address is the same for all who map it.
    public typealias Word = UnsafeMutablePointer<Atomic<UInt32>>

    /// Sleeps while the word is `expected`, until woken or for at most `nanoseconds`. It may return early: check again.
    public static func wait(_ word: Word, while expected: UInt32, atMost nanoseconds: UInt64? = nil) {
        let address = UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self)
        guard let nanoseconds else {
            _ = par_futex_wait(address, expected, nil)
            return
        }
        var limit = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        _ = par_futex_wait(address, expected, &limit)
    }

    /// Wakes at most `count` of those who sleep on the word.
    ///
    /// - Returns: false where the kernel would not, each time that it was asked.
    @discardableResult
    public static func wake(_ word: Word, atMost count: Int32 = 1) -> Bool {
        let address = UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self)
        for _ in 0..<wakeTries where par_futex_wake(address, count) >= 0 { return true }
        return false
    }

    private static let wakeTries = 3
}

/// Tells the processor that a loop waits for another one.
@inline(__always) public func relax() {
    par_relax()
}
