import CLinux
import Glibc
import SystemPackage

/// A socket to which processes send short notes without having anything of it open: they know its name, which the kernel has
/// chosen. Anybody can send some; the kernel says who has.
public struct NoteSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor
    /// Its name in the abstract namespace, without the NUL before it.
    public let name: String

    /// The most bytes that are taken of a note.
    public static let limit = 4096

    public init() throws(SystemError) {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let made = Descriptor(owning: try system("socket") { socket(AF_UNIX, type, 0) })
        name = try Self.bind(made.raw)
        descriptor = made
    }

    /// Has the kernel choose a name, and returns it.
    private static func bind(_ raw: Int32) throws(SystemError) -> String {
        try kernel("setsockopt(SO_PASSCRED)") { par_expect_credentials(raw) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var size = socklen_t(MemoryLayout<sa_family_t>.size)
        try system("bind") { par_bind(raw, &address, size) }
        size = socklen_t(MemoryLayout<sockaddr_un>.size)
        try system("getsockname") { par_name(raw, &address, &size) }
        let start = MemoryLayout<sa_family_t>.size + 1
        return withUnsafeBytes(of: &address) { String(decoding: $0[start..<max(start, Int(size))], as: UTF8.self) }
    }

    public var raw: Int32 { descriptor.raw }

    /// The next note, and the process that has sent it; nil where there is none now.
    public func next() -> (pid: Int32, bytes: [UInt8])? {
        var bytes = [UInt8](repeating: 0, count: Self.limit)
        var pid: Int32 = 0
        let received = par_receive_note(descriptor.raw, &bytes, bytes.count, &pid)
        return received < 0 ? nil : (pid, Array(bytes.prefix(Int(received))))
    }
}

private func par_bind(_ raw: Int32, _ address: UnsafePointer<sockaddr_un>, _ size: socklen_t) -> Int32 {
    UnsafeRawPointer(address).withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(raw, $0, size) }
}

private func par_name(
    _ raw: Int32, _ address: UnsafeMutablePointer<sockaddr_un>, _ size: UnsafeMutablePointer<socklen_t>
) -> Int32 {
    UnsafeMutableRawPointer(address).withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, size) }
}

/// Something that one of several may take, and only once: an eventfd that counts to one.
public enum Claim {
    /// A new one, to be taken.
    public static func new() throws(SystemError) -> Descriptor {
        Descriptor(owning: try system("eventfd") { eventfd(1, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
    }

    /// Takes it. False where somebody else has, or where it is none.
    public static func take(_ descriptor: Int32) -> Bool {
        var count: UInt64 = 0
        return read(descriptor, &count, 8) == 8 && count == 1
    }
}
