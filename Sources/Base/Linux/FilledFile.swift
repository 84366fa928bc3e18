import CLinux
import Glibc

/// A memory file that is filled from its beginning, in memory: what comes in small pieces costs no call for each.
///
/// Nobody else has the file until it is sealed, so that nobody can cut it while it is mapped here.
public struct FilledFile: ~Copyable {
    /// What is mapped of it.
    final class Mapping {
        let base: UnsafeMutableRawPointer
        private(set) var byteCount: Int

        init(_ file: Int32, _ byteCount: Int) throws(SystemError) {
            try system("ftruncate") { ftruncate(file, off_t(byteCount)) }
            let place = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0)
            guard let place, place != MAP_FAILED else { throw SystemError("mmap", .current) }
            base = place
            self.byteCount = byteCount
        }

        deinit { end() }

        /// Maps it no more.
        func end() {
            if byteCount > 0 { munmap(base, byteCount) }
            byteCount = 0
        }
    }

    private let file: Descriptor
    private var mapping: Mapping
    /// Up to where the system has been asked for memory.
    private var readyBytes = 0
    /// How long it has become.
    public private(set) var byteCount = 0

    /// Parts begin at multiples of so many bytes.
    public static let alignment = 16
    /// For how much the system is asked at a time: at first, and as it gets longer.
    private static let firstStepBytes = 1 << 14
    private static let stepBytes = 1 << 20
    /// Larger parts are written by the system, which needn't clear the memory for them first.
    private static let largeBytes = 1 << 14

    /// - Parameter byteCount: how long it is expected to become.
    public init(named name: String, expecting byteCount: Int) throws(SystemError) {
        let file = try Descriptor.memoryFile(named: name)
        mapping = try Mapping(file.raw, Self.rounded(max(byteCount, 1), to: Self.firstStepBytes))
        self.file = file
    }

    /// Adds a part of so many zeros, or of what will be put in their place.
    ///
    /// - Returns: where it begins.
    public mutating func add(zeros count: Int) throws(SystemError) -> Int {
        let offset = byteCount
        try extend(to: offset + Self.rounded(count, to: Self.alignment), isWritten: true)
        return offset
    }

    /// Adds a part.
    ///
    /// - Returns: where it begins.
    @inline(__always)
    public mutating func add(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        let offset = byteCount
        let end = offset + (bytes.count + Self.alignment - 1) / Self.alignment * Self.alignment
        guard bytes.count < Self.largeBytes, end <= readyBytes, let start = bytes.baseAddress else {
            return try addSlowly(bytes)
        }
        (mapping.base + offset).copyMemory(from: start, byteCount: bytes.count)
        byteCount = end
        return offset
    }

    private mutating func addSlowly(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        let offset = byteCount
        let isLarge = bytes.count >= Self.largeBytes
        try extend(to: offset + Self.rounded(bytes.count, to: Self.alignment), isWritten: !isLarge)
        guard let start = bytes.baseAddress else { return offset }
        if !isLarge {
            (mapping.base + offset).copyMemory(from: start, byteCount: bytes.count)
            return offset
        }
        let raw = file.raw
        var done = 0
        while done < bytes.count {
            done += try system("pwrite") { pwrite(raw, start + done, bytes.count - done, off_t(offset + done)) }
        }
        return offset
    }

    /// Puts a value where a part of zeros is.
    @inline(__always)
    public mutating func put<Value: BitwiseCopyable>(_ value: Value, at offset: Int) {
        precondition(offset >= 0 && offset <= byteCount - MemoryLayout<Value>.size)
        (mapping.base + offset).storeBytes(of: value, as: Value.self)
    }

    /// Makes it longer; what is new of it has memory then, if it is to be written to here.
    private mutating func extend(to end: Int, isWritten: Bool) throws(SystemError) {
        if end > mapping.byteCount {
            let larger = max(end, mapping.byteCount + mapping.byteCount / 2)
            mapping = try Mapping(file.raw, Self.rounded(larger, to: Self.firstStepBytes))
        }
        if isWritten, end > readyBytes {
            // Where there is no memory, it is an error here rather than a signal where it is written to.
            let start = max(readyBytes, byteCount / Self.pageBytes * Self.pageBytes)
            let step = max(Self.firstStepBytes, min(byteCount, Self.stepBytes))
            let ready = min(Self.rounded(max(end, start + step), to: Self.pageBytes), mapping.byteCount)
            let base = mapping.base
            try kernel("madvise") { par_memory_populate(base + start, UInt64(ready - start)) }
            readyBytes = ready
        }
        byteCount = end
        if !isWritten { readyBytes = max(readyBytes, end / Self.pageBytes * Self.pageBytes) }
    }

    private static let pageBytes = 4096

    /// Ends it where it has come to, and forbids everybody to change it from now on.
    public consuming func seal() throws(SystemError) -> Descriptor {
        let (raw, end) = (file.raw, byteCount)
        // Nobody may be able to write to it.
        mapping.end()
        try system("ftruncate") { ftruncate(raw, off_t(end)) }
        try file.seal()
        return file
    }

    private static func rounded(_ byteCount: Int, to unit: Int) -> Int { (byteCount + unit - 1) / unit * unit }
}
