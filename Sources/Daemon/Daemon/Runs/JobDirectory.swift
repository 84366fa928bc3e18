import Bytes
import Glibc
import Linux

/// The daemon's own directory for the files of its jobs: nobody else's, and gone with it. One that a daemon was killed
/// without removing is removed by the next that starts.
struct JobDirectory: ~Copyable {
    let path: String
    /// Locked while the daemon lives: where the lock is free, nobody is there any more.
    private let lock: Descriptor

    /// What nobody would call a directory of his own.
    private static let prefix = "pard-jobs."
    private static let pattern = "XXXXXX"

    /// The directory for temporary files.
    static var parent: String {
        let named = getenv("TMPDIR").map { String(cBytes: $0) } ?? ""
        return named.isEmpty ? "/tmp" : named
    }

    /// A path that nothing has, in `parent`: known before the directory is there, so that whoever is to remove it, should
    /// the daemon be killed, can be told in time.
    static func newPath(in parent: String = Self.parent) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        return "\(parent)/\(prefix)" + String(pattern.compactMap { _ in letters.randomElement() })
    }

    /// Makes it at such a path.
    init(at path: String) throws(SystemError) {
        Self.removeLeftBehind(in: path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
        lock = try Self.make(path)
        self.path = path
    }

    deinit { Folder.remove(path) }

    /// Makes a directory that has its name only once it is locked: another daemon that starts would take it for one left
    /// behind.
    private static func make(_ path: String) throws(SystemError) -> Descriptor {
        let unfinished = Folder.unfinished(path)
        try system("mkdir", on: path) { mkdir(unfinished.cBytes, 0o700) }
        do throws(SystemError) {
            guard let lock = try lock(unfinished) else { throw SystemError("flock", .wouldBlock, on: path) }
            try system("rename", on: path) { rename(unfinished.cBytes, path.cBytes) }
            return lock
        } catch {
            rmdir(unfinished.cBytes)
            throw error
        }
    }

    /// Locks a directory; nil where somebody else has, or where it is gone.
    private static func lock(_ path: String) throws(SystemError) -> Descriptor? {
        let directory = open(path.cBytes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("open", .current, on: path)
        }
        let descriptor = Descriptor(owning: directory)
        guard flock(descriptor.raw, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw SystemError("flock", .current, on: path)
        }
        var info = stat()
        try system("fstat", on: path) { fstat(descriptor.raw, &info) }
        if info.st_nlink == 0 { return nil }
        return descriptor
    }

    /// Removes what daemons of this user have left in `parent`. What can't be removed stays; it is in nobody's way.
    private static func removeLeftBehind(in parent: String) {
        for name in Folder.names(in: parent)
        where name.hasPrefix(prefix) && name.utf8.count == (prefix + pattern).utf8.count {
            let path = "\(parent)/\(name)"
            var info = stat()
            guard lstat(path.cBytes, &info) == 0, info.st_uid == geteuid(), info.st_mode & 0o7777 == 0o700 else {
                continue
            }
            guard let lock = try? lock(path) else { continue }
            Folder.remove(path)
            extendLifetime(lock)
        }
    }
}

/// A directory that a client names: for its job's files, or for its commands to run in.
enum GivenDirectory {
    /// What `path` has to be and isn't; nil where nothing is amiss.
    ///
    /// - Parameter isForFiles: whether the job is to make files in it.
    static func fault(in path: String, isForFiles: Bool = true) -> String? {
        guard path.utf8.first == UInt8(ascii: "/") else { return "the absolute path of a directory" }
        var status = stat()
        let name = path.cBytes
        guard stat(name, &status) == 0 else {
            if errno != ENOENT { return "a directory that the daemon may enter" }
            return "a directory that is there" + (isForFiles ? ": make it first, with mkdir -p" : "")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return "a directory, and this is none" }
        if !isForFiles { return access(name, X_OK) == 0 ? nil : "a directory that the daemon may enter" }
        return access(name, W_OK | X_OK) == 0 ? nil : "a directory in which the daemon may write"
    }
}
