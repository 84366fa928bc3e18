import CLinux
import Glibc
import SystemPackage

/// How a process asks another one for files by a socket that it has shared with others since its birth: it sends the end of a
/// socket of its own, and is answered there. The kernel says who asks.
///
/// What it asks for is a number of 64 bits.
public enum FileRequest {
    /// Makes the socket on which requests come, and hands the end by which they are sent to `other`.
    public static func socket(other: (consuming Descriptor) throws(SystemError) -> Void) throws(SystemError)
        -> Descriptor
    {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        try system("socketpair") { socketpair(AF_UNIX, type, 0, &ends) }
        let mine = Descriptor(owning: ends[0])
        let others = Descriptor(owning: ends[1])
        try kernel("setsockopt(SO_PASSCRED)") { par_expect_credentials(ends[0]) }
        try other(others)
        return mine
    }

    /// Asks for the files of `number`, and waits for them.
    ///
    /// - Parameter socket: the end by which requests are sent.
    /// - Returns: as many as were asked for; nil where there are none for this process.
    public static func ask(_ socket: Int32, for number: UInt64, count: Int, within nanoseconds: UInt64)
        throws(SystemError)
        -> [Int32]?
    {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        try system("socketpair") { socketpair(AF_UNIX, type, 0, &ends) }
        let mine = Descriptor(owning: ends[0])
        let others = Descriptor(owning: ends[1])
        let deadline = Monotonic.now() + nanoseconds
        var number = number
        while true {
            let sent = par_send(socket, &number, MemoryLayout<UInt64>.size, [others.raw], 1)
            if sent >= 0 { break }
            guard sent == -Int64(EAGAIN), try isReady(socket, POLLOUT, until: deadline) else {
                throw SystemError("sendmsg", Errno(rawValue: Int32(-sent)))
            }
        }
        // From now on only who answers has it, so that its closing is heard.
        try others.close()
        guard try isReady(mine.raw, POLLIN, until: deadline) else { throw SystemError("poll", .timedOut) }
        var numbers = [Int32](repeating: -1, count: Int(PAR_DESCRIPTORS))
        var came: Int32 = 0
        var byte: UInt8 = 0
        let received = par_receive(mine.raw, &byte, 1, &numbers, &came, 0)
        if Int(came) == count { return Array(numbers.prefix(count)) }
        for number in numbers.prefix(Int(came)) { close(number) }
        if received < 0 { throw SystemError("recvmsg", Errno(rawValue: Int32(-received))) }
        return nil
    }

    /// - Returns: false where the time is up.
    private static func isReady(_ descriptor: Int32, _ events: Int32, until deadline: UInt64) throws(SystemError)
        -> Bool
    {
        while true {
            let left = Monotonic.milliseconds(until: deadline)
            if left == 0 { return false }
            var awaited = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            if try system("poll", { poll(&awaited, 1, left) }) > 0 { return true }
        }
    }

    /// Who asks for what, and how he is answered.
    public struct Asked: ~Copyable {
        public let number: UInt64
        public let pid: Int32
        /// Closing it says that there is nothing for him.
        let answer: Descriptor
    }

    /// The next request on `socket`; nil where there is none now. What is no request is passed over.
    public static func next(_ socket: borrowing Descriptor) -> Asked? {
        while true {
            var number: UInt64 = 0
            var pid: Int32 = 0
            var answer: Int32 = -1
            let received = par_receive_request(socket.raw, &number, &pid, &answer)
            if received < 0 { return nil }
            if answer < 0 { continue }
            let end = Descriptor(owning: answer)
            if received == Int64(MemoryLayout<UInt64>.size) {
                return Asked(number: number, pid: pid, answer: end)
            }
        }
    }

    /// Answers with files. One who has not waited for them has gone without.
    public static func answer(_ asked: consuming Asked, with files: [Int32]) {
        var byte: UInt8 = 1
        _ = par_send(asked.answer.raw, &byte, 1, files, Int32(files.count))
    }
}

/// A socket by which one who sleeps in poll(2) is woken: a byte is enough, and one that finds no room is none too few.
public enum SocketBell {
    /// Both ends: where it is heard, and where it is rung.
    public static func pair() throws(SystemError) -> (hearing: Int32, ringing: Int32) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try system("socketpair") { socketpair(AF_UNIX, type, 0, &ends) }
        return (ends[0], ends[1])
    }

    /// Rings. It never waits, whatever the other end does.
    public static func ring(_ descriptor: Int32) {
        var byte: UInt8 = 1
        _ = send(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
    }
}
