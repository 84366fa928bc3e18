import Foundation
import Glibc
import Linux
import Synchronization
import Testing
import Varlink

/// A socket that says what a test wants, in place of a daemon.
final class FakeServer: Sendable {
    /// What it does with a connection, once it has read a call.
    enum Act: Sendable {
        case send([UInt8])
        /// Sends this again and again, until the client is gone.
        case flood([UInt8])
        /// Says nothing, until the client is gone.
        case hold
    }

    let path: String
    private let listener: Int32
    private let readsCalls: Bool
    private let acts: [Act]
    private let threads = DispatchGroup()
    private let connections = Mutex<[Int32]>([])

    /// Frames, each with its NUL.
    static func frames(_ texts: String...) -> Act { .send(texts.flatMap { Array($0.utf8) + [0] }) }

    /// Serves every connection in the same way while `test` runs.
    ///
    /// - Parameters:
    ///   - name: the socket's, where a test has several.
    ///   - readsCalls: whether a call is read before the acts, or nothing ever is.
    static func run(
        in fixture: Fixture, _ acts: [Act], name: String = "fake.sock", readsCalls: Bool = true,
        _ test: (FakeServer) throws -> Void
    ) throws {
        let server = try FakeServer(fixture.folder + "/" + name, acts, readsCalls)
        defer { server.stop() }
        try test(server)
    }

    private init(_ path: String, _ acts: [Act], _ readsCalls: Bool) throws {
        self.path = path
        self.acts = acts
        self.readsCalls = readsCalls
        let address = try #require(UnixAddress(path))
        let socket = try StreamSocket()
        try #require(address.withSocketAddress { bind(socket.descriptor, $0, $1) } == 0)
        try #require(listen(socket.descriptor, 16) == 0)
        listener = socket.release()
        threads.enter()
        Thread.detachNewThread { [self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                connections.withLock { $0.append(connection) }
                threads.enter()
                Thread.detachNewThread { [self] in
                    serve(connection)
                    connections.withLock { $0.removeAll { $0 == connection } }
                    close(connection)
                    threads.leave()
                }
            }
            threads.leave()
        }
    }

    private func serve(_ connection: Int32) {
        guard !readsCalls || readCall(connection) else { return }
        for act in acts {
            switch act {
            case .send(let bytes): guard send(bytes, to: connection) else { return }
            case .flood(let bytes): while send(bytes, to: connection) {}
            case .hold:
                // POLLRDHUP, which Glibc's module leaves out.
                var gone = pollfd(fd: connection, events: 0x2000, revents: 0)
                poll(&gone, 1, -1)
            }
        }
    }

    /// Reads up to a NUL; whether one came.
    private func readCall(_ connection: Int32) -> Bool {
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) == 1 { if byte == 0 { return true } }
        return false
    }

    private func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in connections.withLock({ $0 }) { shutdown(connection, Int32(SHUT_RDWR)) }
        threads.wait()
        close(listener)
        unlink(path)
    }
}

/// A socket whose queue of connections is full, and which nobody empties.
struct FullSocket {
    let path: String
    private let descriptors: [Int32]

    init(_ path: String) throws {
        self.path = path
        let address = try #require(UnixAddress(path))
        let listener = try StreamSocket()
        try #require(address.withSocketAddress { bind(listener.descriptor, $0, $1) } == 0)
        try #require(listen(listener.descriptor, 0) == 0)
        var descriptors = [listener.release()]
        while true {
            let socket = try StreamSocket(flags: Int32(SOCK_NONBLOCK.rawValue))
            let isConnected = address.withSocketAddress { connect(socket.descriptor, $0, $1) } == 0
            if !isConnected { break }
            descriptors.append(socket.release())
        }
        self.descriptors = descriptors
    }

    func remove() {
        for descriptor in descriptors { close(descriptor) }
        unlink(path)
    }
}
