import Glibc

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
            owning: try system("open", on: path) { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
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
