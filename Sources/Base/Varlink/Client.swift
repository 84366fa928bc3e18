import Glibc
public import Linux

/// A connection to a service, for programs that wait for their replies.
///
/// Replies come in the order of their calls, so several may be started before the first reply is taken; only as many as the
/// kernel's buffers hold, since a service doesn't read on while its replies wait.
///
/// Every call blocks its thread, for at most ``patience``. A caller that waits for other things meanwhile uses ``begin(_:text:more:descriptors:)``
/// with ``sendAvailable()``, and ``receiveAvailable()`` with ``hasBufferedReply``, none of which waits.
public struct Client: ~Copyable {
    /// Bytes asked of the kernel at once.
    private static let readBytes = 1 << 15

    private let socket: StreamSocket
    private let limits: Limits
    private var frames: FrameSplitter
    private var buffer = [UInt8](repeating: 0, count: readBytes)
    /// Calls whose last reply has not come.
    private var unanswered = 0
    /// Calls that are not all sent, and how much of the first one is.
    private var unsent: [Unsent] = []
    private var sentBytes = 0
    /// Frames that have come whole, and those of them that were taken.
    private var framesCome = 0
    private var framesTaken = 0
    /// Descriptors that have come, with the number of the frame that they belong to.
    private var arrived: [(frame: Int, numbers: [Int32])] = []

    private struct Unsent {
        let frame: [UInt8]
        var descriptors: [Int32] = []
    }

    /// How long connecting and each call may take: from sending it to having its reply, or each further one. Nil for as long as
    /// it takes.
    public var patience: Duration?
    /// How many descriptors are taken with a reply, at most ``Descriptors/limit``. Those of a service that sends some unasked are
    /// closed.
    public var acceptedDescriptors = 0 {
        didSet { acceptedDescriptors = min(max(acceptedDescriptors, 0), Descriptors.limit) }
    }

    /// Connects to the socket at `path`. Throws ``ClientError/unreachable(path:errno:)``, and ``ClientError/noAnswer(_:)`` when
    /// `patience` is over.
    public init(
        connectingTo path: String, limits: Limits = .client, patience: Duration? = nil
    ) throws(ClientError) {
        let socket = try Self.socket(connectedTo: path, patience)
        self.init(owning: socket, limits: limits, patience: patience)
    }

    /// A client of whatever is at the other end of a socket that is connected.
    package init(owning socket: consuming StreamSocket, limits: Limits = .client, patience: Duration? = nil) {
        self.socket = socket
        self.limits = limits
        self.patience = patience
        frames = FrameSplitter(limit: limits.frameBytes)
    }

    deinit {
        for number in arrived.flatMap(\.numbers) { close(number) }
    }

    private static func socket(connectedTo path: String, _ patience: Duration?) throws(ClientError) -> StreamSocket {
        guard let address = UnixAddress(connectingTo: path) else {
            throw .unreachable(path: path, errno: UnixAddress.errno(of: path))
        }
        do {
            let socket = try StreamSocket()
            // A queue of connections that is full keeps connect(2) waiting, and no poll(2) would tell of its end.
            if let patience { try socket.setSendTimeout(patience) }
            try socket.connect(to: address)
            return socket
        } catch {
            if let patience, error.errno.rawValue == EAGAIN { throw .noAnswer(patience) }
            throw .unreachable(path: path, errno: error.errno.rawValue)
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
        let deadline = Deadline(in: patience)
        try start(Self.call(method, parameters, more: false), deadline)
        return try decode(try nextReply(deadline)).reply
    }

    /// Calls a method that has no parameters, waits for its one reply and passes over what that holds.
    ///
    /// Nothing is encoded or decoded: the first use of either costs a short-lived program a good part of its run.
    public mutating func call(_ method: String) throws(ClientError) {
        try expectNoneUnanswered(method)
        let deadline = Deadline(in: patience)
        try start(Call(method), deadline)
        _ = try nextReply(deadline)
    }

    /// Sends a call; ``next(as:)`` takes its replies. With `more`, the service may answer several times.
    public mutating func start(_ method: String, _ parameters: some Encodable, more: Bool) throws(ClientError) {
        try start(Self.call(method, parameters, more: more), Deadline(in: patience))
    }

    private static func call(
        _ method: String, _ parameters: some Encodable, more: Bool
    ) throws(ClientError) -> Call {
        do {
            return try Call(method, parameters, more: more)
        } catch {
            throw .protocolViolation("\(method): \(error)")
        }
    }

    /// Sends a call whose parameters are there as text already, that of an object, and `descriptors` with it, which the caller
    /// keeps.
    public mutating func start(
        _ method: String, text parameters: [UInt8], more: Bool, descriptors: [Int32] = []
    ) throws(ClientError) {
        try begin(method, text: parameters, more: more, descriptors: descriptors)
        try sendAll(Deadline(in: patience))
    }

    /// Takes a call that ``sendAvailable()`` will send. The descriptors have to stay open until all is sent.
    public mutating func begin(
        _ method: String, text parameters: [UInt8], more: Bool, descriptors: [Int32] = []
    ) throws(ClientError) {
        guard descriptors.count <= Descriptors.limit else {
            throw .protocolViolation("\(method): \(descriptors.count) descriptors are more than \(Descriptors.limit)")
        }
        var call = Call(method)
        call.parameters = parameters
        call.more = more
        unsent.append(Unsent(frame: call.frame, descriptors: descriptors))
    }

    /// Whether ``sendAvailable()`` has something to send once the socket can be written.
    public var hasUnsentCall: Bool { !unsent.isEmpty }

    /// Sends as much of what was begun as there is room for, without waiting.
    public mutating func sendAvailable() throws(ClientError) {
        while let call = unsent.first {
            let count: Int
            do {
                count = try socket.sendNow(
                    call.frame[sentBytes...], descriptors: sentBytes == 0 ? call.descriptors : [])
            } catch {
                throw refusal(otherwise: error)
            }
            guard count > 0 else { return }
            sentBytes += count
            guard sentBytes == call.frame.count else { continue }
            unsent.removeFirst()
            sentBytes = 0
            unanswered += 1
        }
    }

    /// Takes what has come, without waiting; ``hasBufferedReply`` says whether that is a reply.
    public mutating func receiveAvailable() throws(ClientError) {
        try receive(waits: false)
    }

    private mutating func receive(waits: Bool) throws(ClientError) {
        let arrival: StreamSocket.Arrival
        do {
            arrival = try socket.receive(into: &buffer, descriptors: acceptedDescriptors, waits: waits)
        } catch {
            throw .disconnected
        }
        guard let count = arrival.bytes else { return }
        take(arrival.descriptors, before: count)
        guard !arrival.isCut || acceptedDescriptors == 0 else {
            throw .protocolViolation("a reply came with more than \(acceptedDescriptors) descriptors")
        }
        guard count > 0 else { throw .disconnected }
        buffer.withUnsafeBytes { frames.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        guard frames.hasFrame || frames.bufferedBytes <= limits.frameBytes else {
            throw .notVarlink(.tooLong(limit: limits.frameBytes))
        }
    }

    /// The descriptors that came with the reply that was taken last, unless they were taken before.
    public mutating func takeDescriptors() -> Descriptors {
        guard let index = arrived.firstIndex(where: { $0.frame == framesTaken - 1 }) else { return Descriptors([]) }
        return Descriptors(arrived.remove(at: index).numbers)
    }

    /// Counts the frames that end in the first `count` bytes of the buffer. `numbers` belong to the one which the last of the
    /// bytes is of: the kernel ends what it hands out with the bytes that descriptors were sent with, and a message that has
    /// some is sent by itself.
    private mutating func take(_ numbers: [Int32], before count: Int) {
        let ended = Self.ends(in: buffer, before: count - 1)
        if !numbers.isEmpty { arrived.append((framesCome + ended, numbers)) }
        framesCome += ended + (count > 0 && buffer[count - 1] == 0 ? 1 : 0)
    }

    /// Waits for the next reply. `continues` says that more replies to the same call follow.
    public mutating func next<Answer: Decodable>(
        as: Answer.Type = Answer.self
    ) throws(ClientError) -> (reply: Answer, continues: Bool) {
        try decode(try nextReply(Deadline(in: patience)))
    }

    /// Waits for the next reply, and shows its frame to `reader` before it is taken apart: where there are many replies of one
    /// form, and more follow, that saves most of the time.
    ///
    /// - Parameters:
    ///   - reader: reads a whole frame that says `continues`, and returns nil for any that it doesn't know to the last byte.
    ///   - text: reads the text of a reply's parameters, and returns nil where it can't. Then it is read as ``next(as:)`` does.
    public mutating func next<Answer: Decodable>(
        reader: (_ frame: [UInt8]) -> Answer?, text: (_ parameters: [UInt8]) -> Answer? = { _ in nil }
    ) throws(ClientError) -> (reply: Answer, continues: Bool) {
        try expectUnanswered()
        let frame = try receiveFrame(Deadline(in: patience))
        if let answer = reader(frame) { return (answer, true) }
        let reply = try take(frame)
        if let answer = text(reply.parameters) { return (answer, reply.continues) }
        return try decode(reply)
    }

    /// How many of the first `count` bytes end a frame.
    private static func ends(in buffer: [UInt8], before count: Int) -> Int {
        buffer.withUnsafeBytes { bytes in
            var ends = 0
            var start = 0
            while start < count, let base = bytes.baseAddress, let end = memchr(base + start, 0, count - start) {
                ends += 1
                start = UnsafeRawPointer(end) - base + 1
            }
            return ends
        }
    }

    private func expectNoneUnanswered(_ method: String) throws(ClientError) {
        guard unanswered == 0 else {
            throw .protocolViolation("\(method) was called before the replies to earlier calls were taken")
        }
    }

    private mutating func start(_ call: Call, _ deadline: Deadline) throws(ClientError) {
        unsent.append(Unsent(frame: call.frame))
        try sendAll(deadline)
    }

    private mutating func sendAll(_ deadline: Deadline) throws(ClientError) {
        try sendAvailable()
        while hasUnsentCall {
            try wait(for: POLLOUT, deadline)
            try sendAvailable()
        }
    }

    /// What to throw when a call could not be sent. A service that refuses a connection says why before it closes, so the
    /// reason may be there to read.
    private mutating func refusal(otherwise error: SystemError) -> ClientError {
        unsent = []
        guard unanswered == 0 else { return .disconnected }
        while !hasBufferedReply, (try? receiveNext()) == true {}
        guard let frame = try? frames.next(), let reply = try? reply(in: frame), let name = reply.error else {
            return .disconnected
        }
        return .failed(ErrorReply(name: name, json: reply.parameters))
    }

    /// Takes what has come; false where nothing has.
    private mutating func receiveNext() throws(ClientError) -> Bool {
        let count = frames.bufferedBytes
        try receiveAvailable()
        return frames.bufferedBytes > count
    }

    /// Waits for the socket. Throws ``ClientError/noAnswer(_:)`` when the time is over.
    private func wait(for events: Int32, _ deadline: Deadline) throws(ClientError) {
        do {
            guard try deadline.wait(for: events, of: socket.descriptor) else {
                throw ClientError.noAnswer(patience ?? .zero)
            }
        } catch let error as ClientError {
            throw error
        } catch {
            throw .disconnected
        }
    }

    private func expectUnanswered() throws(ClientError) {
        guard unanswered > 0 else { throw .protocolViolation("a reply was asked for, but no call is waiting for one") }
    }

    private mutating func nextReply(_ deadline: Deadline) throws(ClientError) -> Reply {
        try expectUnanswered()
        let frame = try receiveFrame(deadline)
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

    private mutating func receiveFrame(_ deadline: Deadline) throws(ClientError) -> [UInt8] {
        while true {
            do {
                if let frame = try frames.next() {
                    dropDescriptors()
                    framesTaken += 1
                    return frame
                }
            } catch {
                throw .notVarlink(error)
            }
            // Without a deadline, one call does.
            if deadline.isNever {
                try receive(waits: true)
            } else {
                try wait(for: POLLIN, deadline)
                try receiveAvailable()
            }
        }
    }

    /// Closes what came with replies that were taken, and nobody took.
    private mutating func dropDescriptors() {
        while let first = arrived.first, first.frame < framesTaken {
            for number in first.numbers { close(number) }
            arrived.removeFirst()
        }
    }

    private func reply(in frame: [UInt8]) throws(ClientError) -> Reply {
        do {
            return try Reply(frame: frame, limits: limits)
        } catch {
            throw .notVarlink(error)
        }
    }
}

extension ClientError {
    fileprivate static func notVarlink(_ error: FrameError) -> ClientError {
        .protocolViolation("the reply is not Varlink, \(error)")
    }
}
