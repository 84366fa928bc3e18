import Glibc
import Linux

/// The descriptor that ties a private daemon to the command that started it.
public struct Leash: Sendable {
    private let descriptor: Int32

    /// Takes over an open descriptor.
    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    /// Says that the daemon serves.
    public func ready() {
        let line = Array("READY\n".utf8)
        // If nobody is there to read it, `whenDropped` is about to say so.
        _ = write(descriptor, line, line.count)
    }

    /// Calls `body` once the other end is gone.
    public func whenDropped(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let descriptor = descriptor
        _ = try SystemThread(named: "par-leash") {
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            body()
        }
    }
}
