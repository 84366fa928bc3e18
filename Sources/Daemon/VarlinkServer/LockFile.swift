import Glibc
import Linux

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
        unlink(path)
        close(descriptor)
    }

    private static func acquire(_ path: String, _ guarded: String) throws(ListenError) -> Int32 {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
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
        return lstat(path, &there) == 0 && fstat(descriptor, &here) == 0
            && there.st_dev == here.st_dev && there.st_ino == here.st_ino
    }
}
