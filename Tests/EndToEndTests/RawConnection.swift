import Foundation
import Linux
import Testing
import Varlink

/// A connection that sends whatever it is told to.
struct RawConnection: ~Copyable {
    private let socket: StreamSocket
    private var frames = FrameSplitter(limit: 1 << 26)
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(_ path: String) throws {
        let address = try #require(UnixAddress(path))
        let socket = try StreamSocket()
        try socket.connect(to: address)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        self.socket = socket
    }

    /// Sends these bytes as they are. That the other side has closed is no failure.
    func send(_ bytes: [UInt8]) {
        try? socket.send(bytes)
    }

    /// Sends a frame.
    func send(_ text: String) {
        send(Array(text.utf8) + [0])
    }

    /// The next frame as text; nil when the other side has closed.
    mutating func next() throws -> String? {
        while true {
            if let frame = try frames.next() { return String(decoding: frame, as: UTF8.self) }
            let count: Int
            do {
                count = try socket.receive(into: &buffer)
            } catch {
                if error.errno.rawValue == ECONNRESET { return nil }
                throw error
            }
            guard count > 0 else { return nil }
            frames.append(Array(buffer[..<count]))
        }
    }

    /// Sends a frame and returns the answer to it.
    mutating func exchange(_ text: String) throws -> String? {
        send(text)
        return try next()
    }
}
