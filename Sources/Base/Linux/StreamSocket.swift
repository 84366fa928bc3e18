import CLinux
import Glibc

/// A Unix stream socket that is closed with its owner. Every call retries when a signal interrupts it.
package struct StreamSocket: ~Copyable {
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

/// Descriptors travel beside the first byte of a message, as SCM_RIGHTS (unix(7)), in the way of systemd's sd-varlink.
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
