import Glibc

/// Cuts a byte stream into frames, each ended by a NUL, however the stream was split on its way.
///
/// It holds at most what was appended and not yet taken; ``next()`` reports a frame beyond the limit before its end has
/// come.
public struct FrameSplitter: Sendable {
    /// An empty buffer larger than this gives its memory back.
    private static let keptBytes = 1 << 16

    private let limit: Int
    private var bytes: [UInt8] = []
    /// Where the first frame that was not taken begins.
    private var start = 0
    /// Where its NUL is, when that has come.
    private var end: Int?

    /// - Parameter limit: the longest frame in bytes, without its NUL.
    public init(limit: Int) {
        self.limit = limit
    }

    /// How many bytes are waiting, whole frames and the beginning of the next one.
    public var bufferedBytes: Int { bytes.count - start }

    /// Whether ``next()`` has a frame to give.
    public var hasFrame: Bool { end != nil }

    /// Adds the next bytes of the stream.
    public mutating func append(_ chunk: UnsafeRawBufferPointer) {
        let scanned = bytes.count
        bytes.append(contentsOf: chunk)
        if end == nil { end = terminator(from: scanned) }
    }

    /// Adds the next bytes of the stream.
    public mutating func append(_ chunk: [UInt8]) {
        chunk.withUnsafeBytes { append($0) }
    }

    /// Takes the next frame, without its NUL; nil when it has not come whole.
    ///
    /// Throws ``FrameError/tooLong(limit:)``; the stream is of no use afterwards.
    public mutating func next() throws(FrameError) -> [UInt8]? {
        guard (end ?? bytes.count) - start <= limit else { throw .tooLong(limit: limit) }
        guard let end else { return nil }
        let frame = Array(bytes[start..<end])
        start = end + 1
        compact()
        self.end = terminator(from: start)
        return frame
    }

    private mutating func compact() {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptBytes)
            start = 0
        } else if start > bytes.count / 2 {
            bytes.removeSubrange(..<start)
            start = 0
        }
    }

    private func terminator(from index: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard index < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + index, 0, buffer.count - index)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
