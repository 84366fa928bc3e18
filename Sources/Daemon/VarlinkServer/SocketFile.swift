import Glibc
import Synchronization

/// The file of a bound socket, and the lock that makes it this process's. Removed with the object.
final class SocketFile: Sendable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t
    private let lock: LockFile
    private let isRemoved = Atomic(false)

    init(path: String, lock: consuming LockFile) throws(ListenError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .failed(call: "stat", path: path, errno: errno) }
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
        if lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode { unlink(path) }
    }
}
