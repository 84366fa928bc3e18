import Bytes
import CLinux
import Glibc

/// Directories, without their paths being walked twice.
public enum Folder {
    /// The names in a directory, in no order; none where it can't be read.
    public static func names(in path: String) -> [String] {
        guard let folder = opendir(path.cBytes) else { return [] }
        defer { closedir(folder) }
        return names(in: folder)
    }

    /// Removes a directory and the files in it, which are all that is ever made there. What is no directory stays.
    ///
    /// - Returns: whether it is gone.
    @discardableResult
    public static func remove(_ path: String) -> Bool {
        let descriptor = open(path.cBytes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT }
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return false
        }
        defer { closedir(folder) }
        for name in names(in: folder) { unlinkat(descriptor, name.cBytes, 0) }
        return rmdir(path.cBytes) == 0 || errno == ENOENT
    }

    /// How a directory is called while it is made, before others may take it for what it will be.
    public static func unfinished(_ path: String) -> String { path + ".new" }

    private static func names(in folder: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cBytes: $0) }
                })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }
}

/// A file's name in its directory.
public enum FileName {
    /// Gives the file at `path` another name, `new`, of the same file system. Throws EEXIST where that is taken.
    public static func change(_ path: String, to new: String) throws(SystemError) {
        try kernel("renameat2") { par_rename_new(path.cBytes, new.cBytes) }
    }
}

/// What tells one content of a file from another: where it is, its size, and when it was last written.
public struct FileIdentity: Sendable, Hashable, CustomStringConvertible {
    private let device: UInt64
    private let inode: UInt64
    private let bytes: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// Of the regular file at `path`, which must be readable.
    ///
    /// It is looked at through a descriptor, so that all of it is of one file. Nothing waits, whatever is there.
    public init(at path: String) throws(SystemError) {
        let file = Descriptor(
            owning: try system("open", on: path) { open(path.cBytes, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
        var status = stat()
        let raw = file.raw
        try system("fstat", on: path) { fstat(raw, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("open", .init(rawValue: EINVAL), on: path) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }

    /// As one process tells another, such as `fd01:1234:4096:1764160000.123456789`.
    public var description: String {
        "\(String(device, radix: 16)):\(inode):\(bytes):\(seconds).\(nanoseconds)"
    }
}

/// What a path led to at a time, by device, inode, size and the time of its last change. Nothing is opened for it.
public enum FileStamp {
    /// As one process tells another; `gone` where nothing is there.
    public static func of(_ path: String) -> String {
        var status = stat()
        guard stat(path.cBytes, &status) == 0 else { return "gone" }
        let changed = Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
        return "\(status.st_dev):\(status.st_ino):\(status.st_size):\(changed)"
    }
}
