import CLinux
import Glibc

/// A memory file of fixed size, mapped for reading and writing. Pages take memory once they are touched.
public struct SharedMemory: ~Copyable, @unchecked Sendable {
    // The mapping lives exactly as long as this value, which has one owner; what is in it is for the users to share.
    public let base: UnsafeMutableRawPointer
    public let byteCount: Int
    /// The memory file, which this value owns; -1 once it has been closed.
    public private(set) var descriptor: Int32

    /// Makes a new memory file. It is sealed against resizing: no other holder can take pages away.
    public init(named name: String, byteCount: Int) throws(SystemError) {
        let file = Descriptor(owning: try kernel("memfd_create") { par_memfd_create(name) })
        let raw = file.raw
        try system("ftruncate") { ftruncate(raw, byteCount) }
        try kernel("fcntl(F_ADD_SEALS)") { par_memfd_seal_size(raw) }
        try self.init(mapping: file, byteCount: byteCount)
    }

    /// Maps a memory file that somebody else made.
    public init(mapping file: consuming Descriptor, byteCount: Int) throws(SystemError) {
        let raw = file.raw
        let flags = MAP_SHARED | MAP_NORESERVE
        let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, raw, 0)
        guard let base, base != MAP_FAILED else { throw SystemError("mmap", .current, on: Self.room(byteCount)) }
        self.base = base
        self.byteCount = byteCount
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
        munmap(base, byteCount)
        if descriptor >= 0 { close(descriptor) }
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
