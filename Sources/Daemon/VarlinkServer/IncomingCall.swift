import Synchronization
public import Varlink

/// A call as its handler sees it, and the way back to the client. Every method may be called from any thread.
///
/// It is answered once, by one of the `reply` methods or by ``fail(_:)``; one that nobody answers closes the connection.
/// What comes after the answer, or after the client has gone, is dropped.
public final class IncomingCall: Sendable {
    /// Where a call is answered.
    public enum Place: Sendable {
        /// On the event loop, for which there is nothing else to do.
        case loop
        /// On the event loop, which others wait for.
        case crowdedLoop
        /// On a background thread, which it may hold up for a while.
        case background
    }

    /// The full name, such as `org.example.Service.Method`.
    public let method: String
    /// The client takes several replies.
    public let wantsMore: Bool
    /// The client takes no reply: whatever the handler answers is dropped.
    public let isOneway: Bool
    public let peer: Peer
    /// What came with the call; what the handler doesn't take is closed. Nil where nothing came, or the service takes none.
    public let descriptors: ReceivedDescriptors?
    /// Where it is answered.
    public let place: Place
    /// The text of the object that holds the parameters; nil once they have been let go.
    private let json: Mutex<[UInt8]?>
    private let outbox: Outbox
    private let number: UInt64
    private let charge: CallCharge?
    private let isAnswered = Atomic(false)
    private let onEvent: @Sendable (ServerEvent) -> Void

    init(
        _ call: Call, _ descriptors: ReceivedDescriptors?, peer: Peer, place: Place, number: UInt64, outbox: Outbox,
        charge: CallCharge?, onEvent: @escaping @Sendable (ServerEvent) -> Void
    ) {
        method = call.method
        wantsMore = call.more
        isOneway = call.oneway
        json = Mutex(call.parameters)
        self.descriptors = descriptors
        self.peer = peer
        self.place = place
        self.number = number
        self.outbox = outbox
        self.charge = charge
        self.onEvent = onEvent
    }

    deinit {
        if !isAnswered.load(ordering: .relaxed) { outbox.abandon(number) }
    }

    /// The text of the object that holds the parameters. It is there until ``Service/answer(_:)`` returns, and nil then.
    public var parametersText: [UInt8]? { json.withLock { $0 } }

    /// The call's parameters; throws ``ServiceError/invalidParameter(_:)`` that names the first wrong one.
    ///
    /// They are there until ``Service/answer(_:)`` returns.
    public func parameters<T: Decodable>(as: T.Type = T.self) throws(ServiceError) -> T {
        guard let text = parametersText else { throw .invalidParameter("parameters") }
        do {
            return try JSON.decode(T.self, from: text)
        } catch {
            throw .invalidParameter(error.path.isEmpty ? "parameters" : error.path)
        }
    }

    /// Lets the parameters go, which may be large.
    func releaseParameters() {
        json.withLock { $0 = nil }
        charge?.release()
    }

    // MARK: Replies

    /// Answers with a value that encodes as an object, and `descriptors` beside it.
    public func reply(_ value: some Encodable, _ descriptors: SentDescriptors? = nil) {
        do {
            end(try Reply(value).frame, descriptors)
        } catch {
            fail(error)
        }
    }

    /// Answers with the text of an object.
    public func reply(text: [UInt8]) {
        end(Reply(text: text).frame, nil)
    }

    /// Answers with an object that `write` writes, of about `expected` bytes.
    package func reply(expecting expected: Int, _ write: (inout JSONWriter) -> Void) {
        end(Reply.frame(expecting: expected, write), nil)
    }

    /// Answers with an error. One that is no ``ErrorConvertible`` closes the connection and is reported as
    /// ``ServerEvent/handlerFailed(method:error:)``.
    public func fail(_ error: any Error) {
        guard let convertible = error as? any ErrorConvertible else { return giveUp(error) }
        do {
            end(try Reply(convertible).frame, nil)
        } catch {
            giveUp(error)
        }
    }

    private func end(_ frame: [UInt8], _ descriptors: SentDescriptors?) {
        charge?.release()
        isAnswered.store(true, ordering: .relaxed)
        outbox.send(isOneway ? nil : frame, isOneway ? nil : descriptors, of: number, isLast: true)
    }

    private func giveUp(_ error: any Error) {
        if isOneway {
            outbox.send(nil, of: number, isLast: true)
            return
        }
        if !(error is CancellationError) { onEvent(.handlerFailed(method: method, error: error)) }
        outbox.abandon(number)
    }

    /// Sends a reply that says that more follow: the text of an object, and `descriptors` beside it. To be called where
    /// ``wantsMore`` is true.
    ///
    /// - Returns: false where the client has gone.
    @discardableResult
    public func send(text: [UInt8], _ descriptors: SentDescriptors? = nil) -> Bool {
        if isOneway { return !isGone }
        guard wantsMore else {
            fail(ServiceError.expectedMore)
            return false
        }
        return outbox.send(Reply(text: text, continues: true).frame, descriptors, of: number, isLast: false)
    }

    /// The same with a value that encodes as an object. Throws ``FrameError/notEncodable(reason:)``.
    @discardableResult
    public func send(_ value: some Encodable, _ descriptors: SentDescriptors? = nil) throws(FrameError) -> Bool {
        send(text: try Reply(value).parameters, descriptors)
    }

    /// Whether nobody takes a reply any more.
    public var isGone: Bool { !outbox.isOpen(number) }

    /// Whether another reply may be made now: the client reads what it is sent, or has little to read. Whoever has many
    /// replies to send, asks before each, so that what waits for slow clients is bounded.
    public var hasRoom: Bool { outbox.hasRoom }

    /// Calls `body` once, on any thread: when ``hasRoom`` is true again, or the client has gone. It must be quick.
    public func whenRoom(_ body: @escaping @Sendable () -> Void) {
        outbox.whenRoom(number, body)
    }

    /// Calls `body` once, on any thread, when the client says that it sends nothing more (shutdown(2)), before the call is
    /// answered. It must be quick.
    public func whenInputEnds(_ body: @escaping @Sendable () -> Void) {
        outbox.whenInputEnds(number, body)
    }

    /// Calls `body` once, on any thread, if the client goes away before the call is answered. It must be quick.
    public func whenGone(_ body: @escaping @Sendable () -> Void) {
        outbox.whenGone(number, body)
    }
}
