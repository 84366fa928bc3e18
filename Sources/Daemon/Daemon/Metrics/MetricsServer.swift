import CLinux
import Control
import Glibc
import Linux
import Synchronization
import VarlinkServer

/// Answers those who gather metrics by HTTP: on a thread of its own, so that nobody else waits for them, a few at a time, and
/// each for so long only.
final class MetricsServer: Sendable {
    /// Asks for the metrics as they are now; nil where there will be none any more.
    typealias Source = @Sendable (_ answer: @escaping @Sendable ([Metric]?) -> Void) -> Void

    /// Connections that are open at a time; others wait in the kernel until one is closed.
    static let connectionLimit = 8
    /// How long one may take from being accepted to its answer being read.
    static let patienceNanoseconds: UInt64 = 5_000_000_000
    private static let backlog: Int32 = 16

    private struct State: Sendable {
        /// What was asked for, by connection, since the thread looked last.
        var answers: [(id: UInt64, metrics: [Metric]?)] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let bell: Descriptor
    private let source: Source
    /// Each keeps its socket, and one its file.
    private let local: Listener?
    private let sockets: [StreamListener]
    private let thread = Mutex<SystemThread?>(nil)

    /// Nil where nothing is to be served.
    ///
    /// - Parameters:
    ///   - path: where a socket is made, with the permission bits of `mode`; nil for none.
    ///   - port: on 127.0.0.1; 0 for none.
    ///   - given: a socket that listens already.
    init?(
        path: String?, mode: UInt32, port: Int, given: Int32?, _ source: @escaping Source
    ) throws {
        if path == nil, port == 0, given == nil { return nil }
        self.source = source
        bell = try Descriptor.event()
        var listeners: [Int32] = []
        if let path {
            let listener = try Listener(binding: path, mode: mode)
            listeners.append(listener.descriptor)
            local = consume listener
        } else {
            local = nil
        }
        var sockets: [StreamListener] = []
        if port != 0 { sockets.append(try StreamListener(port: UInt16(port), backlog: Self.backlog)) }
        if let given { sockets.append(try StreamListener(adopting: given)) }
        self.sockets = sockets
        listeners += sockets.map(\.descriptor)
        let thread = try SystemThread(named: "par-metrics") { [self, listeners] in serve(listeners) }
        self.thread.withLock { $0 = thread }
    }

    /// Closes all connections and stops listening.
    func end() {
        state.withLock { $0.isOver = true }
        ring(bell.raw)
        thread.withLock { $0.take() }?.join()
    }

    /// One who asks.
    private struct Connection {
        let id: UInt64
        let socket: Int32
        let deadline: UInt64
        var request: [UInt8] = []
        var asked: (format: MetricsText.Format, headOnly: Bool)?
        /// Nil until there is one.
        var answer: [UInt8]?
        var sent = 0

        /// What it waits for; nothing while its metrics are being gathered.
        var interest: Int16 { answer != nil ? Int16(POLLOUT) : asked == nil ? Int16(POLLIN) : 0 }
    }

    private func serve(_ listeners: [Int32]) {
        var connections: [Connection] = []
        var nextID: UInt64 = 0
        // When accepting goes on after it failed, for want of descriptors as a rule.
        var acceptAt: UInt64 = 0
        defer { for connection in connections { close(connection.socket) } }
        while true {
            let (answers, isOver) = state.withLock { state in
                defer { state.answers = [] }
                return (state.answers, state.isOver)
            }
            if isOver { return }
            for (id, metrics) in answers {
                guard let place = connections.firstIndex(where: { $0.id == id }),
                    let asked = connections[place].asked
                else { continue }
                connections[place].answer = Self.answer(metrics, asked.format, headOnly: asked.headOnly)
            }
            var now = Monotonic.now()
            let isFull = connections.count >= Self.connectionLimit
            let accepts = !isFull && now >= acceptAt
            var polled = [pollfd(fd: bell.raw, events: Int16(POLLIN), revents: 0)]
            polled += connections.map { pollfd(fd: $0.socket, events: $0.interest, revents: 0) }
            if accepts { polled += listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
            var deadlines = connections.map(\.deadline)
            if !isFull, acceptAt > now { deadlines.append(acceptAt) }
            let wait = deadlines.min().map(Monotonic.milliseconds(until:)) ?? -1
            guard poll(&polled, nfds_t(polled.count), wait) >= 0 else {
                // Interrupted, or short of memory: a moment later it may do.
                poll(nil, 0, 10)
                continue
            }
            if polled[0].revents != 0 { silence(bell.raw) }
            now = Monotonic.now()
            let known = connections.count
            for place in 0..<known where polled[place + 1].revents != 0 { attend(&connections[place]) }
            for place in polled.indices.dropFirst(known + 1) where polled[place].revents != 0 {
                guard connections.count < Self.connectionLimit else { break }
                let socket = par_accept(polled[place].fd)
                if socket >= 0 {
                    connections.append(
                        Connection(id: nextID, socket: socket, deadline: now + Self.patienceNanoseconds))
                    nextID += 1
                } else if ![EAGAIN, EINTR, ECONNABORTED].contains(-socket) {
                    acceptAt = now + 1_000_000_000
                }
            }
            connections.removeAll { connection in
                let isDone = connection.sent == connection.answer?.count || connection.sent < 0
                guard isDone || now >= connection.deadline else { return false }
                shutdown(connection.socket, Int32(SHUT_WR))
                close(connection.socket)
                return true
            }
        }
    }

    /// Reads or writes what there is; a connection that has failed has sent -1.
    private func attend(_ connection: inout Connection) {
        if let answer = connection.answer {
            let count = answer.withUnsafeBytes {
                send(
                    connection.socket, $0.baseAddress.map { $0 + connection.sent }, $0.count - connection.sent,
                    Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { connection.sent += count } else if errno != EAGAIN, errno != EINTR { connection.sent = -1 }
            return
        }
        // Gone before its answer was there.
        guard connection.asked == nil else { return connection.sent = -1 }
        var buffer = [UInt8](repeating: 0, count: MetricsRequest.byteLimit)
        let count = recv(connection.socket, &buffer, buffer.count, 0)
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { connection.sent = -1 }
            return
        }
        connection.request += buffer[..<count]
        switch MetricsRequest(connection.request) {
        case nil: break
        case .refused(let status): connection.answer = MetricsRequest.answer(status)
        case .metrics(let format, let headOnly):
            connection.asked = (format, headOnly)
            let id = connection.id
            source { [weak self] metrics in
                guard let self else { return }
                state.withLock { $0.answers.append((id, metrics)) }
                ring(bell.raw)
            }
        }
    }

    private static func answer(_ metrics: [Metric]?, _ format: MetricsText.Format, headOnly: Bool) -> [UInt8] {
        guard let metrics else { return MetricsRequest.answer(.unavailable) }
        return MetricsRequest.answer(
            .ok, MetricsText.bytes(metrics, format), type: format.contentType, headOnly: headOnly)
    }
}

/// A socket that listens, of any family.
final class StreamListener: Sendable {
    private let socket: Descriptor
    var descriptor: Int32 { socket.raw }

    /// On a port of this host alone.
    init(port: UInt16, backlog: Int32) throws(SystemError) {
        let name = "127.0.0.1:\(port)"
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        socket = Descriptor(owning: try system("socket", on: name) { Glibc.socket(AF_INET, type, 0) })
        let raw = socket.raw
        var yes: Int32 = 1
        try system("setsockopt", on: name) {
            setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try system("metrics-port: bind", on: name) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        try system("listen", on: name) { listen(raw, backlog) }
    }

    /// Takes over one that the service manager hands over.
    init(adopting descriptor: Int32) throws(SystemError) {
        socket = Descriptor(owning: descriptor)
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        try system("getsockopt", on: "descriptor \(descriptor)") {
            getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size)
        }
        guard listens == 1 else { throw SystemError("accept", .init(rawValue: EINVAL), on: "descriptor \(descriptor)") }
        try system("fcntl") { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let flags = try system("fcntl") { fcntl(descriptor, F_GETFL) }
        try system("fcntl") { fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    }
}
