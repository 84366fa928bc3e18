import CLinux
import Glibc
import SystemPackage

/// One end of a socket that keeps message boundaries, for messages of 32-bit words.
public struct MessageSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Makes a connected pair and hands one end to `other`.
    public static func pair(other: (consuming Descriptor) throws(SystemError) -> Void) throws(SystemError)
        -> MessageSocket
    {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        try system("socketpair") { socketpair(AF_UNIX, type, 0, &ends) }
        let mine = MessageSocket(Descriptor(owning: ends[0]))
        try other(Descriptor(owning: ends[1]))
        return mine
    }

    public var raw: Int32 { descriptor.raw }

    /// Sends one message whole.
    ///
    /// - Parameter waiting: for room, where there is none. Without, `EAGAIN` is thrown.
    public func send(_ words: [UInt32], waiting: Bool = true) throws(SystemError) {
        let raw = descriptor.raw
        let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
        try system("send") { words.withUnsafeBytes { Glibc.send(raw, $0.baseAddress, $0.count, flags) } }
    }

    /// Waits for a message of at most `limit` words.
    ///
    /// - Parameter waiting: for one to come. Without, `EAGAIN` is thrown where none is there.
    /// - Returns: the message, or nil once the other end is closed.
    public func receive(atMost limit: Int, waiting: Bool = true) throws(SystemError) -> [UInt32]? {
        let raw = descriptor.raw
        let flags = waiting ? 0 : Int32(MSG_DONTWAIT)
        var words = [UInt32](repeating: 0, count: limit)
        let count: Int
        do {
            count = try system("recv") {
                words.withUnsafeMutableBytes { recv(raw, $0.baseAddress, $0.count, flags) }
            }
        } catch  where error.errno == .connectionReset {
            return nil
        }
        return count == 0 ? nil : Array(words.prefix(count / 4))
    }

    /// Sends one message whole, and `descriptors` with it. Never waits: `EAGAIN` is thrown where there is no room.
    public func send(_ words: [UInt32], descriptors: [Int32]) throws(SystemError) {
        let sent = words.withUnsafeBytes {
            par_send(descriptor.raw, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count))
        }
        if sent < 0 { throw SystemError("sendmsg", Errno(rawValue: Int32(-sent))) }
    }

    /// Waits for a message of at most `limit` words, and takes the descriptors that came with it.
    ///
    /// - Returns: nil once the other end is closed.
    public func receive(atMost limit: Int, descriptors: inout [Int32]) throws(SystemError) -> [UInt32]? {
        var words = [UInt32](repeating: 0, count: limit)
        var numbers = [Int32](repeating: -1, count: Int(PAR_DESCRIPTORS))
        var came: Int32 = 0
        let raw = descriptor.raw
        let received = words.withUnsafeMutableBytes { par_receive(raw, $0.baseAddress, $0.count, &numbers, &came, 1) }
        descriptors = Array(numbers.prefix(Int(came)))
        if received == 0 || received == -Int64(ECONNRESET) { return nil }
        if received < 0 { throw SystemError("recvmsg", Errno(rawValue: Int32(-received))) }
        return Array(words.prefix(Int(received) / 4))
    }
}
