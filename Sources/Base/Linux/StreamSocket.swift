import Bytes
import CLinux
import Glibc

/// A Unix stream socket that is closed with its owner. Every call retries when a signal interrupts it.
package struct StreamSocket: ~Copyable, Sendable {
    private let owned: Descriptor

    package var descriptor: Int32 { owned.raw }

    /// Takes the descriptor over.
    package init(owning descriptor: Int32) {
        owned = Descriptor(owning: descriptor)
    }

    /// A new socket, closed on exec; throws where there is none to be had.
    package init(flags: Int32 = 0) throws(SystemError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | flags
        self.init(owning: try system("socket") { socket(AF_UNIX, type, 0) })
    }

    /// Makes a connected pair, closed on exec, and hands one end to `other`.
    package static func pair(other: (consuming Descriptor) throws(SystemError) -> Void) throws(SystemError)
        -> StreamSocket
    {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try system("socketpair") { socketpair(AF_UNIX, type, 0, &ends) }
        let mine = StreamSocket(owning: ends[0])
        try other(Descriptor(owning: ends[1]))
        return mine
    }

    /// Gives the descriptor to another owner.
    package consuming func release() -> Int32 { owned.release() }

    package func connect(to address: UnixAddress) throws(SystemError) {
        let raw = descriptor
        try system("connect") { address.withSocketAddress { Glibc.connect(raw, $0, $1) } }
    }

    /// How long connect(2) and send(2) may wait.
    package func setSendTimeout(_ patience: Duration) throws(SystemError) {
        let (seconds, attoseconds) = patience.components
        // A time of 0 would be for ever.
        var time = timeval(
            tv_sec: Int(seconds), tv_usec: max(Int(attoseconds / 1_000_000_000_000), seconds > 0 ? 0 : 1))
        let raw = descriptor
        try system("setsockopt") {
            setsockopt(raw, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Sends all of `bytes`; a peer that went away is EPIPE, never a signal.
    package func send(_ bytes: [UInt8]) throws(SystemError) {
        let raw = descriptor
        var sent = 0
        while sent < bytes.count {
            sent += try system("send") {
                bytes.withUnsafeBytes { buffer in
                    let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                    return Glibc.send(raw, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    /// Waits for bytes and puts them at the start of `buffer`; 0 at the end of the stream.
    package func receive(into buffer: inout [UInt8]) throws(SystemError) -> Int {
        let raw = descriptor
        return try system("recv") { buffer.withUnsafeMutableBytes { recv(raw, $0.baseAddress, $0.count, 0) } }
    }
}

/// Descriptors travel beside the first byte of a message, as SCM_RIGHTS (unix(7)), as in systemd's sd-varlink.
extension StreamSocket {
    /// Sends what there is room for of `bytes`, without waiting, and `descriptors` with the first of them.
    ///
    /// Returns how many bytes were sent: 0 where there is no room now. A peer that went away is EPIPE, never a signal.
    package func sendNow(_ bytes: ArraySlice<UInt8>, descriptors: [Int32] = []) throws(SystemError) -> Int {
        let sent = bytes.withUnsafeBytes {
            par_send(descriptor, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count))
        }
        if sent >= 0 { return Int(sent) }
        if sent == -Int64(EAGAIN) { return 0 }
        throw SystemError("sendmsg", .init(rawValue: Int32(-sent)))
    }

    /// What came at once.
    package struct Arrival {
        /// At the start of the buffer; 0 at the end of the stream, nil where nothing has come yet.
        package var bytes: Int?
        /// Those that came with the last of the bytes, closed on exec. The caller's to close.
        package var descriptors: [Int32] = []
        /// Whether more came than were asked for; they have been closed.
        package var isCut = false
    }

    /// Takes what has come, and at most `limit` descriptors. Those beyond are closed.
    ///
    /// - Parameter waits: whether to wait where nothing has come.
    package func receive(
        into buffer: inout [UInt8], descriptors limit: Int, waits: Bool = false
    ) throws(SystemError) -> Arrival {
        var numbers = [Int32](repeating: -1, count: Int(PAR_DESCRIPTORS))
        var count: Int32 = 0
        let received = buffer.withUnsafeMutableBytes {
            par_receive(descriptor, $0.baseAddress, $0.count, &numbers, &count, waits ? 1 : 0)
        }
        if received == -Int64(EAGAIN) { return Arrival() }
        guard received >= 0 else { throw SystemError("recvmsg", .init(rawValue: Int32(-received))) }
        let came = numbers.prefix(Int(count))
        for number in came.dropFirst(limit) { close(number) }
        return Arrival(bytes: Int(received), descriptors: Array(came.prefix(limit)), isCut: came.count > limit)
    }
}

/// Descriptors that came with a message. Those that nobody takes are closed with this.
public struct Descriptors: ~Copyable, Sendable {
    /// The most that one message can bring: the kernel's own limit (SCM_MAX_FD).
    public static let limit = Int(PAR_DESCRIPTORS)

    /// Nil where one has been taken.
    private var numbers: [Int32?]

    /// Takes over open descriptors.
    package init(_ numbers: [Int32]) {
        self.numbers = numbers
    }

    /// How many came; a message speaks of them by their place, from 0.
    public var count: Int { numbers.count }

    /// Hands over the descriptor at `index`, once; nil where there is none, or it is not wanted, and stays.
    public mutating func take(at index: Int, where isWanted: (Int32) -> Bool = { _ in true }) -> Descriptor? {
        guard numbers.indices.contains(index), let number = numbers[index], isWanted(number) else { return nil }
        numbers[index] = nil
        return Descriptor(owning: number)
    }

    /// Hands over those that have not been taken.
    package mutating func takeAll() -> [Int32] {
        defer { numbers = [] }
        return numbers.compactMap { $0 }
    }

    /// Adds those of `other`, up to `limit` in all.
    ///
    /// - Returns: what is beyond. They are the caller's.
    package mutating func add(_ other: [Int32], limit: Int) -> [Int32] {
        let room = max(0, limit - numbers.count)
        for number in other.prefix(room) { numbers.append(number) }
        return Array(other.dropFirst(room))
    }

    deinit {
        for case let number? in numbers { close(number) }
    }
}

/// The address of a Unix socket: in the file system, or in the abstract namespace, where no file stands for it.
package struct UnixAddress {
    /// The longest path in bytes: sockaddr_un holds 108 with the terminating NUL.
    package static let maximumBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    private var address = sockaddr_un()
    private var byteCount = socklen_t(MemoryLayout<sockaddr_un>.size)

    /// What a name in the abstract namespace begins with, as in Varlink's own addresses (`unix:@name`).
    private static let abstractSign = UInt8(ascii: "@")
    private static let pathOffset = MemoryLayout<sa_family_t>.size

    /// Nil when `path` is empty, too long or holds a NUL.
    package init?(_ path: String) {
        let bytes = path.bytes
        guard !bytes.isEmpty, bytes.count <= Self.maximumBytes, !bytes.contains(0) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    /// The address of a socket that others may have made, by its path, or by `@` and its name.
    package init?(connectingTo path: String) {
        self.init(path)
        guard path.utf8.first == Self.abstractSign else { return }
        address.sun_path.0 = 0
        byteCount = socklen_t(Self.pathOffset + path.bytes.count)
    }

    /// Why `path` is no address: ENOENT when it is empty, EINVAL with a NUL in it, else ENAMETOOLONG.
    package static func errno(of path: String) -> Int32 {
        if path.isEmpty { return ENOENT }
        return path.utf8.contains(0) ? EINVAL : ENAMETOOLONG
    }

    /// The path that a socket is bound to, or `@` and its abstract name; nil where it has neither.
    package static func path(of descriptor: Int32) -> String? {
        var bound = UnixAddress()
        var size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let failed = withUnsafeMutablePointer(to: &bound.address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) != 0 }
        }
        let room = max(0, Int(size) - pathOffset)
        guard !failed, room > 0 else { return nil }
        return withUnsafeBytes(of: bound.address.sun_path) { bytes in
            if bytes[0] != 0 { return String(bytes: Array(bytes.prefix { $0 != 0 })) }
            return "@" + String(bytes: Array(bytes[1..<min(room, bytes.count)]))
        }
    }

    private init() {}

    /// Hands the address to a system call.
    package func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, byteCount)
            }
        }
    }
}
