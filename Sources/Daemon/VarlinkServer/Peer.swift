import Glibc

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
