import CLinux
import Glibc

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
