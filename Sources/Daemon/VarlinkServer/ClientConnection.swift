import CLinux
import Glibc
import Linux
import Varlink

/// One client, as the event loop sees it: what it has sent, and what it is waited for.
///
/// Its calls are answered one at a time and in order, and it is read ahead of only so far. It is used on the loop's thread alone.
final class ClientConnection {
    let id: UInt64
    let socket: Int32
    let peer: Peer
    let outbox: Outbox
    var frames: FrameInbox
    private let closer: UserCloser
    /// What the loop waits for now.
    var interest = Readiness.readable
    /// The client has sent its last byte.
    var isInputOver = false
    /// No further call is begun.
    var isDraining = false
    /// It waits for its turn to have calls begun.
    var isQueued = false
    /// When the first byte of a call came whose end has not come; nil where there is none.
    var unfinishedSince: UInt64?
    /// Bytes that it has of those that all calls may have.
    var chargedBytes = 0
    /// Descriptors that were closed unseen, and have not been told of.
    var unaskedDescriptors = 0

    init(id: UInt64, socket: Int32, peer: Peer, outbox: Outbox, frames: FrameInbox, closer: UserCloser) {
        self.id = id
        self.socket = socket
        self.peer = peer
        self.outbox = outbox
        self.frames = frames
        self.closer = closer
    }

    /// What came of reading.
    enum Reading {
        /// There may be more.
        case more
        /// There is no more for now.
        case enough
        /// The client has gone.
        case gone
    }

    /// Reads once into `buffer`, which is the loop's and used for one connection after the other.
    ///
    func read(
        into buffer: UnsafeMutableRawBufferPointer, _ descriptors: UnsafeMutableBufferPointer<Int32>
    ) -> Reading {
        var count: Int32 = 0
        let received = par_receive(socket, buffer.baseAddress, buffer.count, descriptors.baseAddress, &count, 0)
        if received == -Int64(EAGAIN) || received == -Int64(ENOBUFS) || received == -Int64(ENOMEM) { return .enough }
        guard received >= 0 else { return .gone }
        if received == 0 {
            isInputOver = true
            outbox.endInput()
            return .enough
        }
        let came = count > 0 ? Array(descriptors.prefix(Int(count))) : []
        let surplus = frames.append(
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<Int(received)]), descriptors: came)
        unaskedDescriptors += surplus.count
        closer.close(surplus)
        return received == Int64(buffer.count) ? .more : .enough
    }

    /// Whether its user has sent so many descriptors that nothing more is read of him until some are closed.
    var isHeldBack: Bool { closer.isBehind }

    /// Whether more may be read: the next call may come whole where it can be begun; else what is read ahead has a limit.
    func mayRead(isIdle: Bool, ahead: Int) -> Bool {
        !isInputOver && !isHeldBack && (frames.bufferedBytes < ahead || (isIdle && !frames.hasFrame))
    }
}

/// Who is at the other end of a connection, as the kernel noted when it was made (SO_PEERCRED).
public struct Peer: Sendable, Equatable {
    public let uid: UInt32
    public let gid: UInt32
    public let pid: Int32

    public init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }

    /// The peer of a connected Unix socket; nil when the kernel doesn't say.
    init?(of descriptor: Int32) {
        // struct ucred, which Glibc's module leaves out: pid, uid and gid, 32 bits each (unix(7)).
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        let whole = socklen_t(MemoryLayout.size(ofValue: credentials))
        var size = whole
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0, size == whole else {
            return nil
        }
        self.init(uid: credentials.uid, gid: credentials.gid, pid: credentials.pid)
    }
}

extension Peer: CustomStringConvertible {
    /// Such as `process 4711 of user 1000`.
    public var description: String { "process \(pid) of user \(uid)" }
}
