import Glibc

/// What one side of a connection accepts from the other. Whatever goes beyond is refused before it is decoded.
public struct Limits: Sendable, Equatable {
    /// The longest frame a server takes by default, in bytes: a call may bring what many tasks are given.
    public static let serverFrameBytes = 16 << 20
    /// The longest frame a client takes by default, in bytes: replies can carry many records.
    public static let clientFrameBytes = 64 << 20
    /// How deep objects and arrays may be nested by default; a frame's own object is level 1.
    public static let defaultJSONDepth = 32
    /// The deepest nesting that can be asked for: the scanner recurses once a level.
    public static let maximumJSONDepth = 512

    /// The longest frame, in bytes without its terminating NUL.
    public var frameBytes: Int
    /// How deep objects and arrays may be nested, from 1 to ``maximumJSONDepth``; values outside are clamped.
    public var jsonDepth: Int {
        didSet { jsonDepth = Self.clamped(jsonDepth) }
    }

    public init(frameBytes: Int, jsonDepth: Int = Limits.defaultJSONDepth) {
        self.frameBytes = frameBytes
        self.jsonDepth = Self.clamped(jsonDepth)
    }

    private static func clamped(_ depth: Int) -> Int { min(max(depth, 1), maximumJSONDepth) }

    /// The defaults of a server.
    public static let server = Limits(frameBytes: serverFrameBytes)
    /// The defaults of a client.
    public static let client = Limits(frameBytes: clientFrameBytes)
}

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

/// Why bytes are not a message of the protocol, or a value can't become one.
public enum FrameError: Error, Sendable, Equatable, CustomStringConvertible {
    /// More than `limit` bytes came without a terminating NUL.
    case tooLong(limit: Int)
    /// Objects and arrays are nested deeper than `limit`.
    case tooDeep(limit: Int)
    /// Not a JSON object in UTF-8; `offset` counts bytes from the start of the frame.
    case malformed(reason: String, offset: Int)
    /// JSON, but no call or reply.
    case notAMessage(reason: String)
    /// A value that JSON can't hold, such as a number that is not finite.
    case notEncodable(reason: String)

    public var description: String {
        switch self {
        case .tooLong(let limit): "a frame is longer than \(limit) bytes"
        case .tooDeep(let limit): "JSON is nested deeper than \(limit) levels"
        case .malformed(let reason, let offset): "\(reason) at byte \(offset)"
        case .notAMessage(let reason): reason
        case .notEncodable(let reason): "can't be written as JSON: \(reason)"
        }
    }
}
