import Bytes
import CLinux
import Glibc

func errnoOfThread() -> Int32 { errno }

/// An open file descriptor with one owner, who closes it by letting it go.
public struct Descriptor: ~Copyable, Sendable {
    public let raw: Int32

    /// Takes over `raw`, which must be open and belong to nobody else.
    public init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        Glibc.close(raw)
    }

    /// Gives the descriptor up to a caller who closes it.
    public consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }

    /// Closes the descriptor, and says what the system says of that: some file systems tell only then of what they could not
    /// write.
    public consuming func close() throws(SystemError) {
        if Glibc.close(release()) != 0 { throw SystemError("close", .current) }
    }

    /// Gives the room of a part of a file back to its file system; it reads as zeros from then on.
    public func release(_ part: Range<Int>) throws(SystemError) {
        let raw = raw
        try kernel("fallocate") { par_memory_release(raw, UInt64(part.lowerBound), UInt64(part.count)) }
    }

    /// A new eventfd that doesn't block: writing adds to it, reading empties it.
    public static func event() throws(SystemError) -> Descriptor {
        Descriptor(owning: try system("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
    }
}

/// Writes all of `bytes` to a descriptor that blocks.
public func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var done = 0
    while done < bytes.count {
        done += try system("write") { write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done) }
    }
}

/// Writes all of `bytes` to a descriptor that blocks. Not generic: what that takes to set up is a good part of a short run.
public func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(SystemError) {
    var done = 0
    while done < bytes.count {
        done += try system("write") {
            bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done) }
        }
    }
}

/// Reads the whole file at `path`. Throws `EFBIG` where it is longer than `limit` bytes.
public func readFile(_ path: String, atMost limit: Int) throws(SystemError) -> [UInt8] {
    let file = Descriptor(owning: try system("open", on: path) { open(path.cBytes, O_RDONLY | O_CLOEXEC) })
    let raw = file.raw
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 14)
    while true {
        let count = try system("read", on: path) { read(raw, &block, block.count) }
        if count == 0 { return bytes }
        guard bytes.count + count <= limit else { throw SystemError("read", .init(rawValue: EFBIG), on: path) }
        bytes += block.prefix(count)
    }
}

/// Rings an eventfd. Async-signal-safe; a full counter is a bell already rung.
public func ring(_ event: Int32) {
    var one: UInt64 = 1
    while write(event, &one, 8) < 0, errno == EINTR {}
}

/// Empties an eventfd.
public func silence(_ event: Int32) {
    var count: UInt64 = 0
    while read(event, &count, 8) < 0, errno == EINTR {}
}

/// A pipe of which this process reads, without blocking, what another one writes.
public struct Pipe: ~Copyable, Sendable {
    public let reader: Descriptor
    public let writer: Descriptor

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        // Only the reader is not to block: the other process may not be prepared for that.
        try kernel("pipe2") { par_pipe(&ends) }
        reader = Descriptor(owning: ends[0])
        writer = Descriptor(owning: ends[1])
    }

    /// Gives both ends to a caller who closes them.
    public consuming func release() -> (reader: Int32, writer: Int32) { (reader.release(), writer.release()) }

    /// Closes the writing end here, as the other process has it, and keeps the reading one.
    public consuming func keepReader() -> Descriptor { reader }

    /// What came out of a pipe.
    public enum Content: Equatable {
        case bytes(Int)
        /// Nothing now, maybe later.
        case empty
        /// All writers have closed it.
        case over
    }

    /// How many bytes are in a pipe now.
    public static func pending(_ descriptor: Int32) -> Int { max(0, Int(par_pending(descriptor))) }

    /// Reads what is there into `buffer`, as much as fits.
    public static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Content {
        do {
            let count = try system("read") { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
            return count == 0 ? .over : .bytes(count)
        } catch {
            return error.errno == .wouldBlock ? .empty : .over
        }
    }
}
