import Glibc

/// A Unix stream socket that is closed with its owner. Every call retries when a signal interrupts it.
package struct StreamSocket: ~Copyable {
    package let descriptor: Int32

    /// Takes the descriptor over.
    package init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// A new socket, closed on exec; its errno when there is none.
    package init(flags: Int32 = 0) throws(SocketError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | flags
        descriptor = try retrying { socket(AF_UNIX, type, 0) }
    }

    deinit {
        close(descriptor)
    }

    /// Gives the descriptor to another owner.
    package consuming func release() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    package func connect(to address: UnixAddress) throws(SocketError) {
        try retrying { address.withSocketAddress { Glibc.connect(descriptor, $0, $1) } }
    }

    /// Sends all of `bytes`; a peer that went away is EPIPE, never a signal.
    package func send(_ bytes: [UInt8]) throws(SocketError) {
        var sent = 0
        while sent < bytes.count {
            sent += try retrying {
                bytes.withUnsafeBytes { buffer in
                    let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                    return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    /// Waits for bytes and puts them at the start of `buffer`; 0 at the end of the stream.
    package func receive(into buffer: inout [UInt8]) throws(SocketError) -> Int {
        try retrying { buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) } }
    }
}

/// What a system call said.
package struct SocketError: Error {
    package let errno: Int32
}

/// Repeats a system call while a signal interrupts it.
@discardableResult
package func retrying<T: SignedInteger>(_ call: () -> T) throws(SocketError) -> T {
    while true {
        let result = call()
        if result >= 0 { return result }
        let number = errno
        if number != EINTR { throw SocketError(errno: number) }
    }
}
