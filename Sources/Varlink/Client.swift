/// A connection to a service, for programs that wait for their replies.
///
/// Every call blocks its thread. Replies come in the order of their calls, so several may be started before the first
/// reply is taken; only as many as the kernel's buffers hold, since a service doesn't read on while its replies wait.
public struct Client: ~Copyable {
    /// Bytes asked of the kernel at once.
    private static let readBytes = 1 << 15

    private let socket: StreamSocket
    private let limits: Limits
    private var frames: FrameSplitter
    private var buffer = [UInt8](repeating: 0, count: readBytes)
    /// Calls whose last reply has not come.
    private var unanswered = 0

    /// Connects to the socket at `path`. Throws ``ClientError/unreachable(path:errno:)``.
    public init(connectingTo path: String) throws(ClientError) {
        try self.init(connectingTo: path, limits: .client)
    }

    /// Connects to the socket at `path`, accepting replies within `limits`.
    public init(connectingTo path: String, limits: Limits) throws(ClientError) {
        socket = try Self.socket(connectedTo: path)
        self.limits = limits
        frames = FrameSplitter(limit: limits.frameBytes)
    }

    private static func socket(connectedTo path: String) throws(ClientError) -> StreamSocket {
        guard let address = UnixAddress(connectingTo: path) else {
            throw .unreachable(path: path, errno: UnixAddress.errno(of: path))
        }
        do {
            let socket = try StreamSocket()
            try socket.connect(to: address)
            return socket
        } catch {
            throw .unreachable(path: path, errno: error.errno)
        }
    }

    /// The socket, to wait for with poll(2) beside others. It stays the client's.
    public var fileDescriptor: Int32 { socket.descriptor }

    /// Whether ``next(as:)`` will not block: a whole reply is here, which poll(2) would not report.
    public var hasBufferedReply: Bool { frames.hasFrame }

    /// Calls a method that has one reply, and waits for it.
    ///
    /// Throws ``ClientError/failed(_:)`` when the service answers with an error; the connection can then be used further.
    public mutating func call<Answer: Decodable>(
        _ method: String, _ parameters: some Encodable, as: Answer.Type = Answer.self
    ) throws(ClientError) -> Answer {
        try expectNoneUnanswered(method)
        try start(method, parameters, more: false)
        return try next(as: Answer.self).reply
    }

    /// Calls a method that has no parameters, waits for its one reply and passes over what that holds.
    ///
    /// Nothing is encoded or decoded: the first use of either costs a short-lived program a good part of its run.
    public mutating func call(_ method: String) throws(ClientError) {
        try expectNoneUnanswered(method)
        try start(Call(method))
        _ = try nextReply()
    }

    /// Sends a call; ``next(as:)`` takes its replies. With `more`, the service may answer several times.
    public mutating func start(_ method: String, _ parameters: some Encodable, more: Bool) throws(ClientError) {
        let call: Call
        do {
            call = try Call(method, parameters, more: more)
        } catch {
            throw .protocolViolation("\(method): \(error)")
        }
        try start(call)
    }

    /// Waits for the next reply. `continues` says that more replies to the same call follow.
    public mutating func next<Answer: Decodable>(
        as: Answer.Type = Answer.self
    ) throws(ClientError) -> (reply: Answer, continues: Bool) {
        try decode(try nextReply())
    }

    /// Waits for the next reply, and shows its frame to `reader` before it is taken apart: where there are many replies of one
    /// form, and more follow, that saves most of the time.
    ///
    /// - Parameter reader: reads a whole frame that says `continues`, and returns nil for any that it doesn't know to the
    ///   last byte; such a one is read as ``next(as:)`` does.
    public mutating func next<Answer: Decodable>(
        reader: (_ frame: [UInt8]) -> Answer?
    ) throws(ClientError) -> (reply: Answer, continues: Bool) {
        try expectUnanswered()
        let frame = try receiveFrame()
        if let answer = reader(frame) { return (answer, true) }
        return try decode(try take(frame))
    }

    private func expectNoneUnanswered(_ method: String) throws(ClientError) {
        guard unanswered == 0 else {
            throw .protocolViolation("\(method) was called before the replies to earlier calls were taken")
        }
    }

    private mutating func start(_ call: Call) throws(ClientError) {
        do {
            try socket.send(call.frame)
        } catch {
            // A service that refuses a connection says why before it closes, so the reason may be there to read.
            if unanswered == 0, let frame = try? receiveFrame(), let reply = try? reply(in: frame),
                let name = reply.error
            {
                throw .failed(ErrorReply(name: name, json: reply.parameters))
            }
            throw .disconnected
        }
        unanswered += 1
    }

    private func expectUnanswered() throws(ClientError) {
        guard unanswered > 0 else { throw .protocolViolation("a reply was asked for, but no call is waiting for one") }
    }

    private mutating func nextReply() throws(ClientError) -> Reply {
        try expectUnanswered()
        let frame = try receiveFrame()
        return try take(frame)
    }

    /// The reply that `frame` is; the last one to its call, maybe.
    private mutating func take(_ frame: [UInt8]) throws(ClientError) -> Reply {
        let reply = try reply(in: frame)
        if !reply.continues { unanswered -= 1 }
        if let name = reply.error { throw .failed(ErrorReply(name: name, json: reply.parameters)) }
        return reply
    }

    private func decode<Answer: Decodable>(
        _ reply: Reply
    ) throws(ClientError) -> (reply: Answer, continues: Bool) {
        do {
            return (try JSON.decode(Answer.self, from: reply.parameters), reply.continues)
        } catch {
            throw .protocolViolation("the reply can't be read, \(error)")
        }
    }

    private mutating func receiveFrame() throws(ClientError) -> [UInt8] {
        while true {
            do {
                if let frame = try frames.next() { return frame }
            } catch {
                throw .notVarlink(error)
            }
            try fill()
        }
    }

    private func reply(in frame: [UInt8]) throws(ClientError) -> Reply {
        do {
            return try Reply(frame: frame, limits: limits)
        } catch {
            throw .notVarlink(error)
        }
    }

    private mutating func fill() throws(ClientError) {
        let count: Int
        do {
            count = try socket.receive(into: &buffer)
        } catch {
            throw .disconnected
        }
        guard count > 0 else { throw .disconnected }
        buffer.withUnsafeBytes { frames.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}

extension ClientError {
    fileprivate static func notVarlink(_ error: FrameError) -> ClientError {
        .protocolViolation("the reply is not Varlink, \(error)")
    }
}
