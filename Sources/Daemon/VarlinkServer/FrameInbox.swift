public import Linux
import Glibc
import Synchronization
import Varlink

/// A frame as it came, without its NUL, in the pieces in which it was received: putting a large one together takes time that
/// an event loop doesn't have.
struct Frame: Sendable {
    fileprivate(set) var pieces: [[UInt8]] = []
    fileprivate(set) var byteCount = 0
    /// What came with it; nil for nothing.
    fileprivate(set) var descriptors: ReceivedDescriptors?

    /// The whole text.
    var bytes: [UInt8] {
        guard pieces.count > 1 else { return pieces.first ?? [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        for piece in pieces { bytes += piece }
        return bytes
    }
}

/// Cuts what a client sends into frames, each ended by a NUL, however it was split on its way.
///
/// Descriptors belong to the last frame that began in the bytes they came with. A client that sends each call by itself,
/// its descriptors with the first byte, has them with that call.
struct FrameInbox {
    /// Pieces are filled up to so many bytes, so that a client that sends byte by byte doesn't get a piece for each.
    private static let pieceBytes = 1 << 16

    /// The longest frame in bytes, without its NUL.
    let limit: Int
    /// The most descriptors that a frame may have.
    let descriptorLimit: Int
    private let closer: UserCloser
    private var whole: [Frame] = []
    /// Where the next frame stands in `whole`.
    private var first = 0
    /// The frame whose end has not come.
    private var unfinished = Frame()
    /// Bytes of frames that are whole, and have not been taken.
    private var wholeBytes = 0

    init(limit: Int, descriptorLimit: Int, closer: UserCloser) {
        self.limit = limit
        self.descriptorLimit = descriptorLimit
        self.closer = closer
    }

    /// Bytes that wait, of whole frames and of the beginning of the next one.
    var bufferedBytes: Int { wholeBytes + unfinished.byteCount }
    /// Bytes of the frame whose end has not come.
    var unfinishedBytes: Int { unfinished.byteCount }
    /// Whether ``next()`` has something to give, or to throw.
    var hasFrame: Bool { first < whole.count || unfinished.byteCount > limit }

    /// Adds the next bytes of the stream, and the descriptors that came with them.
    ///
    /// - Returns: descriptors that are too many. They are the caller's to close.
    mutating func append(_ bytes: UnsafeRawBufferPointer, descriptors: [Int32] = []) -> [Int32] {
        var rest = bytes
        var begun: Int?
        while let base = rest.baseAddress, rest.count > 0 {
            begun = whole.count
            guard let found = memchr(base, 0, rest.count) else {
                extend(rest)
                break
            }
            let length = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            extend(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            wholeBytes += unfinished.byteCount
            whole.append(unfinished)
            unfinished = Frame()
            rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
        }
        guard !descriptors.isEmpty, let begun else { return descriptors }
        if begun == whole.count { return give(descriptors, to: &unfinished) }
        return give(descriptors, to: &whole[begun])
    }

    private func give(_ descriptors: [Int32], to frame: inout Frame) -> [Int32] {
        if let there = frame.descriptors { return there.add(descriptors, limit: descriptorLimit) }
        frame.descriptors = ReceivedDescriptors(Array(descriptors.prefix(descriptorLimit)), closer: closer)
        return Array(descriptors.dropFirst(descriptorLimit))
    }

    private mutating func extend(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let last = unfinished.pieces.count - 1
        if last >= 0, unfinished.pieces[last].count + bytes.count <= Self.pieceBytes {
            unfinished.pieces[last].append(contentsOf: bytes)
        } else {
            unfinished.pieces.append(Array(bytes))
        }
        unfinished.byteCount += bytes.count
    }

    /// Takes the next frame; nil when it has not come whole.
    ///
    /// Throws ``FrameError/tooLong(limit:)``, also before the end has come; the stream is of no use afterwards.
    mutating func next() throws(FrameError) -> Frame? {
        guard first < whole.count else {
            if unfinished.byteCount > limit { throw .tooLong(limit: limit) }
            return nil
        }
        let frame = whole[first]
        guard frame.byteCount <= limit else { throw .tooLong(limit: limit) }
        wholeBytes -= frame.byteCount
        first += 1
        if first == whole.count {
            whole.removeAll(keepingCapacity: true)
            first = 0
        } else {
            whole[first - 1] = Frame()
        }
        return frame
    }
}

/// The descriptors that came with a call, in the order in which the client sent them. Those that nobody takes are closed with
/// the object.
public final class ReceivedDescriptors: Sendable {
    private let descriptors: Mutex<Descriptors>
    private let closer: UserCloser

    /// Takes over open descriptors.
    init(_ numbers: [Int32], closer: UserCloser) {
        descriptors = Mutex(Descriptors(numbers))
        self.closer = closer
    }

    deinit {
        closer.close(descriptors.withLock { $0.takeAll() })
    }

    /// How many came.
    public var count: Int { descriptors.withLock { $0.count } }

    /// Hands over the descriptor at `index`, once; nil where there is none, or it is not wanted. Then it stays: closing may take
    /// long, and is not done here.
    public func take(_ index: Int, where isWanted: (Int32) -> Bool = { _ in true }) -> Descriptor? {
        descriptors.withLock { $0.take(at: index, where: isWanted) }
    }

    /// Adds those of `other`, up to `limit` in all. What is beyond stays there.
    func add(_ other: [Int32], limit: Int) -> [Int32] { descriptors.withLock { $0.add(other, limit: limit) } }
}
