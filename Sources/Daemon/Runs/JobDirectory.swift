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
    static var parent: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    /// Makes it in `parent`.
    init(in parent: String = Self.parent) throws(SystemError) {
        Self.removeLeftBehind(in: parent)
        while true {
            var template = Array("\(parent)/\(Self.prefix)\(Self.pattern)".utf8CString)
            let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress.unsafelyUnwrapped) != nil }
            guard made else { throw SystemError("mkdtemp", .current, on: parent) }
            let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // Until it is locked, another daemon that starts may take it for one left behind: then this makes one more.
            if let lock = try Self.lock(path) {
                self.path = path
                self.lock = lock
                return
            }
        }
    }

    deinit { Self.remove(path) }

    /// Locks a directory; nil where somebody else has, or where it is gone.
    private static func lock(_ path: String) throws(SystemError) -> Descriptor? {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
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
        for name in names(in: parent) where name.hasPrefix(prefix) && name.utf8.count == (prefix + pattern).utf8.count {
            let path = "\(parent)/\(name)"
            var info = stat()
            guard lstat(path, &info) == 0, info.st_uid == geteuid(), info.st_mode & 0o7777 == 0o700 else { continue }
            guard let lock = try? lock(path) else { continue }
            remove(path)
            extendLifetime(lock)
        }
    }

    /// Removes a directory. Only files are ever made in it, by tasks that were killed before they could remove them.
    private static func remove(_ path: String) {
        for name in names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }
}
