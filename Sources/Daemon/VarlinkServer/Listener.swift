import Glibc
import Linux

/// A listening Unix socket that is not served yet: bound here, or handed over by the service manager.
public struct Listener: ~Copyable {
    let socket: StreamSocket
    /// The socket's file, when it is this process's to remove.
    let file: SocketFile?

    /// Binds `path`, whose file gets exactly the permission bits of `mode`, and listens.
    ///
    /// Holds a lock on `path` with `.lock` appended while the server lives, so that no two share a socket. A file that a
    /// dead server left is replaced. Throws ``ListenError``.
    public init(binding path: String, mode: UInt32) throws(ListenError) {
        guard let address = UnixAddress(path) else {
            throw .failed(call: "bind", path: path, errno: UnixAddress.errno(of: path))
        }
        let lock = try LockFile(path: path + ".lock", guarding: path)
        try Self.removeStale(path, address)
        let socket = try Self.newSocket(path)
        let descriptor = socket.descriptor
        // The file takes the socket's own bits less the umask, so it is never open to more than `mode`.
        try Self.check("fchmod", path) { fchmod(descriptor, mode) }
        try Self.check("bind", path) { address.withSocketAddress { bind(descriptor, $0, $1) } }
        let file = try SocketFile(path: path, lock: lock)
        try Self.check("chmod", path) { chmod(path, mode) }
        try Self.check("listen", path) { listen(descriptor, ServerConfiguration.backlog) }
        self.init(socket, file)
    }

    private init(_ socket: consuming StreamSocket, _ file: SocketFile?) {
        self.socket = socket
        self.file = file
    }

    /// Takes over a descriptor that already listens, as the service manager hands it over. Throws ``ListenError``.
    public init(adopting descriptor: Int32) throws(ListenError) {
        guard Self.option(SO_DOMAIN, of: descriptor) == AF_UNIX, Self.option(SO_ACCEPTCONN, of: descriptor) == 1,
            Self.option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue)
        else { throw .notAListener(descriptor: descriptor) }
        let socket = StreamSocket(owning: descriptor)
        let name = "descriptor \(descriptor)"
        try Self.check("fcntl", name) { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let flags = try Self.check("fcntl", name) { fcntl(descriptor, F_GETFL) }
        try Self.check("fcntl", name) { fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
        self.init(socket, nil)
    }

    private static func newSocket(_ path: String) throws(ListenError) -> StreamSocket {
        do {
            return try StreamSocket(flags: Int32(SOCK_NONBLOCK.rawValue))
        } catch {
            throw .failed(call: "socket", path: path, errno: error.errno.rawValue)
        }
    }

    /// Where the socket is in the file system; nil where it has no path.
    public var path: String? { UnixAddress.path(of: socket.descriptor) }

    /// Gives the descriptor to its server.
    consuming func release() -> Int32 {
        socket.release()
    }

    /// Removes the file of a server that has died; throws when one lives, or when it is no socket.
    private static func removeStale(_ path: String, _ address: UnixAddress) throws(ListenError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .failed(call: "stat", path: path, errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        do {
            let probe = try StreamSocket(flags: Int32(SOCK_NONBLOCK.rawValue))
            try probe.connect(to: address)
        } catch {
            switch error.errno.rawValue {
            case ECONNREFUSED:
                try check("unlink", path) { unlink(path) }
                return
            case EAGAIN:
                // It lives; its queue of connections is full.
                break
            default:
                throw .failed(call: "connect", path: path, errno: error.errno.rawValue)
            }
        }
        throw .alreadyServed(path: path)
    }

    @discardableResult
    private static func check(_ call: String, _ path: String, _ body: () -> Int32) throws(ListenError) -> Int32 {
        do {
            return try system(call, on: path, body)
        } catch {
            throw .failed(call: call, path: path, errno: error.errno.rawValue)
        }
    }

    private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
}
