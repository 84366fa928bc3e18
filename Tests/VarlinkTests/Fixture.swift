import Foundation
import Glibc
import CLinux
import Linux
import Synchronization
import Testing
import Varlink
import VarlinkServer

/// A service with a method for each way that a call can go.
final class TestService: Service {
    enum Event: Sendable, Equatable {
        case started, cancelled
    }

    let interface: InterfaceDescription
    let events: AsyncStream<Event>
    private let happened: AsyncStream<Event>.Continuation
    /// What Wait waits for.
    let gate = Gate()
    /// What Tell tells, on the thread that answers small calls.
    let onTell = Mutex<@Sendable (String, IncomingCall.Place) -> Void>({ _, _ in })

    init() throws {
        interface = try InterfaceDescription(
            """
            interface org.example.test

            method Ping() -> ()
            method Echo(number: int, text: ?string) -> (number: int, text: ?string)
            # Ends its call on another thread than the connection's.
            method Hop(number: int, text: ?string) -> (number: int, text: ?string)
            method Tell(text: string) -> ()
            method Count(to: int) -> (number: int)
            # Until the gate is opened.
            method Wait() -> ()
            method Fail(code: int) -> ()
            method Break() -> ()
            # Never answered.
            method Forget() -> ()
            # Takes descriptors and answers with one.
            method Swap() -> (count: int)
            # Whether the peer is this process.
            method Who() -> (self: bool)
            error Failed (code: int)
            """)
        (events, happened) = AsyncStream.makeStream()
    }

    struct Echo: Codable, Sendable, Equatable {
        var number: Int
        var text: String?
    }

    struct Failed: ErrorConvertible, Codable {
        var code: Int
        var errorName: String { "org.example.test.Failed" }
        var errorParameters: any Encodable { self }
    }

    struct Unexpected: Error {}

    func answer(_ call: IncomingCall) {
        do {
            switch call.method.split(separator: ".").last {
            case "Echo": call.reply(try call.parameters(as: Echo.self))
            case "Hop":
                let echo = try call.parameters(as: Echo.self)
                Task { call.reply(echo) }
            case "Tell":
                let text = try call.parameters(as: [String: String].self)["text"] ?? ""
                onTell.withLock { $0 }(text, call.place)
                call.reply([String: Int]())
            case "Count": Count(call, to: try call.parameters(as: [String: Int].self)["to"] ?? 0).go()
            case "Wait": wait(call)
            case "Fail": call.fail(try call.parameters(as: Failed.self))
            case "Break": call.fail(Unexpected())
            case "Forget": break
            case "Who": call.reply(["self": call.peer == Peer(uid: getuid(), gid: getgid(), pid: getpid())])
            case "Swap": try swap(call)
            default: call.reply([String: Int]())
            }
        } catch {
            call.fail(error)
        }
    }

    func descriptorLimit(of method: String) -> Int { method.hasSuffix(".Swap") ? 2 : 0 }

    private func wait(_ call: IncomingCall) {
        call.whenGone { [happened, gate] in
            happened.yield(.cancelled)
            gate.cancel()
        }
        happened.yield(.started)
        Task { [gate] in
            try? await gate.wait()
            call.reply([String: Int]())
        }
    }

    /// Reads what is in the first descriptor, and answers with a new one in which that stands.
    private func swap(_ call: IncomingCall) throws {
        guard let given = call.descriptors?.take(0) else { throw Failed(code: 9) }
        var text = [UInt8](repeating: 0, count: 100)
        let count = pread(given.raw, &text, text.count, 0)
        let made = par_memfd_create("swap")
        _ = pwrite(made, text, count, 0)
        call.reply(["count": call.descriptors?.count ?? 0], SentDescriptors([made]))
    }

    /// Sends a reply after the other, as the client takes them.
    private final class Count: Sendable {
        private let call: IncomingCall
        private let last: Int
        private let next = Mutex(1)

        init(_ call: IncomingCall, to last: Int) {
            self.call = call
            self.last = last
        }

        func go() {
            while next.withLock({ $0 }) < last {
                guard call.hasRoom else { return call.whenRoom { Task { self.go() } } }
                let number = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard call.send(text: Array("{\"number\":\(number)}".utf8)) else { return }
            }
            call.reply(["number": last])
        }
    }
}

/// Holds calls until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, any Error>] = []
        var isCancelled = false
    }

    private let state = Mutex(State())

    func wait() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<Void, any Error>? = state.withLock { state in
                if state.isOpen { return .success(()) }
                if state.isCancelled { return .failure(CancellationError()) }
                state.waiting.append(continuation)
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    func open() {
        release(.success(())) { $0.isOpen = true }
    }

    func cancel() {
        release(.failure(CancellationError())) { $0.isCancelled = true }
    }

    private func release(_ result: Result<Void, any Error>, _ change: (inout sending State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }
}

/// A server on a socket in a directory of its own.
struct Fixture: Sendable {
    let path: String
    let server: Server
    let service: TestService

    /// Starts a server, runs `body` and stops the server.
    static func run(
        _ configuration: ServerConfiguration = ServerConfiguration(),
        _ body: @Sendable (Fixture) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let service = try TestService()
            let path = directory + "/test.sock"
            let server = try Server.start(
                on: try Listener(binding: path, mode: 0o600), info: info, services: [service],
                configuration: configuration)
            do {
                try await body(Fixture(path: path, server: server, service: service))
            } catch {
                await server.stop(within: .zero)
                throw error
            }
            await server.stop(within: .zero)
        }
    }

    static let info = ServiceInfo(vendor: "Example", product: "Test", version: "1.2", url: "https://example.org")

    /// Waits for the service's next event.
    func nextEvent() async -> TestService.Event? {
        var iterator = service.events.makeAsyncIterator()
        return await iterator.next()
    }
}

/// Makes a directory for `body` and removes it.
func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
    let name = "varlink-\(getpid())-\(UInt32.random(in: 0...(.max)))"
    let directory = FileManager.default.temporaryDirectory.path + "/" + name
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
}

/// Runs `body`, which may block, on a thread of its own.
func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}

/// Calls Ping on a connection of its own.
func expectPong(_ path: String) async throws {
    try await onThread {
        var client = try Client(connectingTo: path)
        try client.call("org.example.test.Ping")
    }
}

/// A connection that sends whatever it is told to.
final class RawClient: Sendable {
    private struct State: ~Copyable {
        var socket: StreamSocket?
        var frames = FrameSplitter(limit: 1 << 26)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
    }

    private let state: Mutex<State>
    private let descriptor: Int32

    init(_ path: String) throws {
        let address = try #require(UnixAddress(path))
        let socket = try StreamSocket()
        try socket.connect(to: address)
        descriptor = socket.descriptor
        state = Mutex(State(socket: socket))
    }

    /// - Parameter ended: whether the last frame of `text` is whole.
    func send(_ text: String, ended: Bool = true) throws {
        try state.withLock { try $0.socket?.send(Array(text.utf8) + (ended ? [0] : [])) }
    }

    /// Says that nothing more will be sent.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    func close() {
        state.withLock { $0.socket = nil }
    }

    /// The next frame as text; nil when the other side has closed.
    func next() async throws -> String? {
        try await onThread { try self.state.withLock { try Self.next(&$0) } }
    }

    private static func next(_ state: inout State) throws -> String? {
        while true {
            if let frame = try state.frames.next() { return String(decoding: frame, as: UTF8.self) }
            let count: Int
            do {
                count = try state.socket?.receive(into: &state.buffer) ?? 0
            } catch {
                if error.errno.rawValue == ECONNRESET { return nil }
                throw error
            }
            guard count > 0 else { return nil }
            state.frames.append(Array(state.buffer[..<count]))
        }
    }
}
