import Bytes
import Glibc
import Linux
import Synchronization

/// A listening Unix socket that is not served yet: bound here, or handed over by the service manager.
public struct Listener: ~Copyable, Sendable {
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
        try Self.check("chmod", path) { chmod(path.cBytes, mode) }
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

    /// Listens for as long as this is kept.
    public var descriptor: Int32 { socket.descriptor }

    /// Gives the descriptor to its server.
    consuming func release() -> Int32 {
        socket.release()
    }

    /// Removes the file of a server that has died; throws when one lives, or when it is no socket.
    private static func removeStale(_ path: String, _ address: UnixAddress) throws(ListenError) {
        var status = stat()
        guard lstat(path.cBytes, &status) == 0 else {
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
                try check("unlink", path) { unlink(path.cBytes) }
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

/// Why a socket can't be served.
public enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another server holds the path's lock or answers on it.
    case alreadyServed(path: String)
    /// The path is taken by a file that is no socket.
    case notASocket(path: String)
    /// The descriptor that was handed over is no listening Unix stream socket.
    case notAListener(descriptor: Int32)
    /// A system call failed.
    case failed(call: String, path: String, errno: Int32)

    public var description: String {
        switch self {
        case .alreadyServed(let path):
            "another daemon is running on \(path): use that one, stop it first, or choose another path"
        case .notASocket(let path): "\(path) is not a socket: choose another path, or remove the file"
        case .notAListener(let descriptor):
            "descriptor \(descriptor) is not a listening Unix stream socket: correct the socket unit"
        case .failed(_, let path, ENOENT): "the directory of \(path) is not there: make it first"
        case .failed(_, let path, ENAMETOOLONG): "\(path) is too long for a socket's path: choose a shorter one"
        case .failed(let call, let path, let number):
            "\(call) failed for \(path): \(SystemError.text(number))"
        }
    }
}

/// The file of a bound socket, and the lock that makes it this process's. Removed with the object.
final class SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t
    private let lock: LockFile
    private let isRemoved = Atomic(false)

    init(path: String, lock: consuming LockFile) throws(ListenError) {
        var status = stat()
        guard lstat(path.cBytes, &status) == 0 else { throw .failed(call: "stat", path: path, errno: errno) }
        self.path = path
        device = status.st_dev
        inode = status.st_ino
        self.lock = lock
    }

    deinit {
        remove()
    }

    /// Removes the file, if it is still this socket's; the lock stays.
    func remove() {
        guard !isRemoved.exchange(true, ordering: .relaxed) else { return }
        var status = stat()
        if lstat(path.cBytes, &status) == 0, status.st_dev == device, status.st_ino == inode { unlink(path.cBytes) }
    }
}

/// A lock that one process holds while it lives. Its file goes with it; the kernel drops the lock should the process die.
struct LockFile: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock. Throws ``ListenError/alreadyServed(path:)`` about `guarded` when another process has it.
    init(path: String, guarding guarded: String) throws(ListenError) {
        self.path = path
        descriptor = try Self.acquire(path, guarded)
    }

    deinit {
        // The file goes first, so that nobody locks it in between: acquire() notices a lock on a removed file.
        unlink(path.cBytes)
        close(descriptor)
    }

    private static func acquire(_ path: String, _ guarded: String) throws(ListenError) -> Int32 {
        while true {
            let descriptor = open(path.cBytes, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .failed(call: "open", path: path, errno: errno) }
            do {
                try system("flock") { flock(descriptor, LOCK_EX | LOCK_NB) }
            } catch {
                close(descriptor)
                if error.errno.rawValue == EWOULDBLOCK { throw .alreadyServed(path: guarded) }
                throw .failed(call: "flock", path: path, errno: error.errno.rawValue)
            }
            if names(path, descriptor) { return descriptor }
            // Its last holder removed the file after it was opened here: take the new one.
            close(descriptor)
        }
    }

    /// Whether `path` still leads to the open file.
    private static func names(_ path: String, _ descriptor: Int32) -> Bool {
        var there = stat()
        var here = stat()
        return lstat(path.cBytes, &there) == 0 && fstat(descriptor, &here) == 0
            && there.st_dev == here.st_dev && there.st_ino == here.st_ino
    }
}
