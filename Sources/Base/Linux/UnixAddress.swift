import Glibc

/// The address of a Unix socket: in the file system, or in the abstract namespace, where no file stands for it.
package struct UnixAddress {
    /// The longest path in bytes: sockaddr_un holds 108 with the terminating NUL.
    package static let maximumBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    private var address = sockaddr_un()
    private var byteCount = socklen_t(MemoryLayout<sockaddr_un>.size)

    /// What a name in the abstract namespace begins with, as in Varlink's own addresses (`unix:@name`).
    private static let abstractSign = UInt8(ascii: "@")
    private static let pathOffset = MemoryLayout<sa_family_t>.size

    /// Nil when `path` is empty, too long or holds a NUL.
    package init?(_ path: String) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.maximumBytes, !bytes.contains(0) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    /// The address of a socket that others may have made, by its path, or by `@` and its name.
    package init?(connectingTo path: String) {
        self.init(path)
        guard path.utf8.first == Self.abstractSign else { return }
        address.sun_path.0 = 0
        byteCount = socklen_t(Self.pathOffset + path.utf8.count)
    }

    /// Why `path` is no address: ENOENT when it is empty, EINVAL with a NUL in it, else ENAMETOOLONG.
    package static func errno(of path: String) -> Int32 {
        if path.isEmpty { return ENOENT }
        return path.utf8.contains(0) ? EINVAL : ENAMETOOLONG
    }

    /// The path that a socket is bound to, or `@` and its abstract name; nil where it has neither.
    package static func path(of descriptor: Int32) -> String? {
        var bound = UnixAddress()
        var size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let failed = withUnsafeMutablePointer(to: &bound.address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) != 0 }
        }
        let room = max(0, Int(size) - pathOffset)
        guard !failed, room > 0 else { return nil }
        return withUnsafeBytes(of: bound.address.sun_path) { bytes in
            if bytes[0] != 0 { return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
            return "@" + String(decoding: bytes[1..<min(room, bytes.count)], as: UTF8.self)
        }
    }

    private init() {}

    /// Hands the address to a system call.
    package func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, byteCount)
            }
        }
    }
}
