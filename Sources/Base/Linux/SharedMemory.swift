import CLinux
import Glibc
public import Synchronization

/// A memory file of fixed size, mapped for reading and writing. Pages take memory once they are touched.
public struct SharedMemory: ~Copyable, @unchecked Sendable {
    // The mapping lives exactly as long as this value, which has one owner; what is in it is for the users to share.
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int
    /// The memory file, which this value owns; -1 once it has been closed.
    public private(set) var descriptor: Int32
    private let isGivenBackApart: Bool

    /// Makes a new memory file. It is sealed against resizing: no other holder can take pages away.
    ///
    /// - Parameter isGivenBackApart: whether it goes back as by ``SystemThread/giveBack(_:_:)``, so that its end holds nobody up.
    public init(named name: String, byteCount: Int, isGivenBackApart: Bool = false) throws(SystemError) {
        let file = Descriptor(owning: try kernel("memfd_create") { par_memfd_create(name) })
        let raw = file.raw
        try system("ftruncate") { ftruncate(raw, byteCount) }
        try kernel("fcntl(F_ADD_SEALS)") { par_memfd_seal_size(raw) }
        try self.init(mapping: file, byteCount: byteCount, isGivenBackApart: isGivenBackApart)
    }

    /// Maps a memory file that somebody else made.
    public init(mapping file: consuming Descriptor, byteCount: Int) throws(SystemError) {
        try self.init(mapping: file, byteCount: byteCount, isGivenBackApart: false)
    }

    private init(
        mapping file: consuming Descriptor, byteCount: Int, isGivenBackApart: Bool
    ) throws(SystemError) {
        let raw = file.raw
        let flags = MAP_SHARED | MAP_NORESERVE
        let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, raw, 0)
        guard let base, base != MAP_FAILED else { throw SystemError("mmap", .current, on: Self.room(byteCount)) }
        self.base = base
        self.byteCount = byteCount
        self.isGivenBackApart = isGivenBackApart
        descriptor = file.release()
    }

    /// What a mapping needs, and what may be in its way.
    private static func room(_ byteCount: Int) -> String {
        var limit = rlimit()
        let size = "of \(byteCount >> 20) MiB"
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != .max else {
            return size
        }
        return "\(size), where RLIMIT_AS (ulimit -v) allows \(limit.rlim_cur >> 20) MiB in all"
    }

    deinit {
        let (address, byteCount, descriptor) = (UInt(bitPattern: base), byteCount, descriptor)
        SystemThread.giveBack(isGivenBackApart ? byteCount : 0) {
            munmap(UnsafeMutableRawPointer(bitPattern: address), byteCount)
            if descriptor >= 0 { close(descriptor) }
        }
    }

    /// Closes the memory file. What is mapped stays so.
    public mutating func closeFile() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Gives the pages of a range back to the system; they read as zeros from then on.
    public func release(offset: Int, byteCount: Int) throws(SystemError) {
        try kernel("fallocate") { par_memory_release(descriptor, UInt64(offset), UInt64(byteCount)) }
    }
}

/// The size of the memory file `descriptor`, in bytes.
public func memoryFileSize(_ descriptor: Int32) throws(SystemError) -> Int {
    var status = stat()
    try system("fstat") { fstat(descriptor, &status) }
    return Int(status.st_size)
}

// Memory files that go from one program to another: written once, sealed, and passed on as descriptors.
extension Descriptor {
    /// A new memory file, empty. It is closed on exec.
    public static func memoryFile(named name: String) throws(SystemError) -> Descriptor {
        Descriptor(owning: try kernel("memfd_create") { par_memfd_create(name) })
    }

    /// Writes all of `bytes` behind what was written before.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try writeAll(raw, bytes)
    }

    /// Writes all of `values` as they stand in memory.
    public func append<Value: BitwiseCopyable>(_ values: [Value]) throws(SystemError) {
        let result = values.withUnsafeBytes { bytes in
            do throws(SystemError) {
                return Result<Void, SystemError>.success(try append(bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Forbids everybody to change a memory file from now on, this process included.
    public func seal() throws(SystemError) {
        let raw = raw
        try kernel("fcntl(F_ADD_SEALS)") { par_memfd_seal(raw) }
    }

    /// Whether it is a memory file that nobody can write to or make shorter any more, so that it can be mapped without fear.
    public var isSealed: Bool { par_memfd_is_sealed(raw) != 0 }
}

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

    /// The same for a word that C has declared.
    public static func wait(
        raw word: UnsafeMutablePointer<UInt32>, while expected: UInt32, atMost nanoseconds: UInt64? = nil
    ) {
        wait(
            UnsafeMutableRawPointer(word).assumingMemoryBound(to: Atomic<UInt32>.self), while: expected,
            atMost: nanoseconds)
    }

    @discardableResult
    public static func wake(raw word: UnsafeMutablePointer<UInt32>, atMost count: Int32 = 1) -> Bool {
        wake(UnsafeMutableRawPointer(word).assumingMemoryBound(to: Atomic<UInt32>.self), atMost: count)
    }
}

/// Tells the processor that a loop waits for another one.
@inline(__always) public func relax() {
    par_relax()
}
