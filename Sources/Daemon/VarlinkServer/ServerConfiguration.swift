public import Linux
public import Varlink

/// What a server allows its clients, and what it tells its owner.
public struct ServerConfiguration: Sendable {
    /// How many connections may be open at once, by default.
    public static let defaultConnections = 512
    /// How many connections the kernel may hold until they are accepted. It has a limit of its own (net.core.somaxconn).
    public static let backlog: Int32 = 4096

    /// The size and depth of calls.
    public var limits = Limits.server
    /// How many connections may be open at once; the next one gets ``refusal`` and is closed.
    public var connections = ServerConfiguration.defaultConnections
    /// Whether users have shares of what is limited. A server for one user lets him have everything.
    public var isShared = false
    /// How many bytes of further calls are read while one is being answered; then reading stops until it is done.
    public var pipelineBytes = 1 << 16
    /// A call of more bytes is read and answered on a background thread.
    public var inlineBytes = 1 << 13
    /// How many bytes of calls may be on their way on all connections, beside ``pipelineBytes`` on each; the connection that
    /// brings more gets ``refusal`` and is closed.
    public var callBytes = 8 * Limits.serverFrameBytes
    /// How many descriptors a call may bring, whatever the service takes. More are closed.
    public var descriptors = 16
    /// How long a call may take to come, from its first byte to its last, in nanoseconds.
    public var callNanoseconds: UInt64 = 10_000_000_000
    /// How long a client may take to read some of what waits for it, in nanoseconds.
    public var replyNanoseconds: UInt64 = 60_000_000_000
    /// The same while ``isShort`` says that room is needed: whoever has taken longest has to go.
    public var shortReplyNanoseconds: UInt64 = 1_000_000_000
    /// How many bytes of replies may wait for one client, and one reply more.
    public var clientReplyBytes = 1 << 17
    /// How many bytes of replies may wait for all clients; beyond, each has no more than one reply.
    public var replyBytes = 32 << 20
    /// Whether what waits for clients holds memory that is needed. Called now and then while something waits.
    public var isShort: @Sendable () -> Bool = { false }
    /// What a client is told that has used up a limit, by itself or with all others; nil closes the connection without a word.
    ///
    /// - `share`: what the peer's user may have, where that is less than what all may.
    public var refusal: @Sendable (_ limit: ServerLimit, _ allowed: Int, _ share: Peer?) -> (any ErrorConvertible)? = {
        _, _, _ in nil
    }
    /// Told of what no reply says. Called on any thread: must be quick and must not block.
    public var onEvent: @Sendable (ServerEvent) -> Void = { _ in }

    public init() {}
}

/// Something that happened to a connection which its client is not told, or not told why.
public enum ServerEvent: Sendable {
    /// A limit was used up.
    case connectionRefused(Peer, ServerLimit)
    /// The client did not keep to the protocol; the connection was closed.
    case protocolViolation(Peer, FrameError)
    /// The client began a call and did not send the rest in time; the connection was closed.
    case callUnfinished(Peer)
    /// The client did not read its replies in time; the connection was closed, and what it had asked for cancelled.
    case repliesUnread(Peer)
    /// The client sent descriptors that no method takes; they were closed.
    case descriptorsUnasked(Peer, count: Int)
    /// A handler threw an error that is no reply; the connection was closed.
    case handlerFailed(method: String, error: any Error)
    /// No connection can be accepted for the time being, for want of descriptors or of memory. It is told once, and tried
    /// again until it can be done.
    case acceptPaused(SystemError)
    /// The server can't go on: its connections are closed.
    case loopFailed(SystemError)
}

/// What a client may use up.
public enum ServerLimit: Sendable, Hashable {
    /// Connections; and bytes of calls on their way.
    case connections, callBytes
}

extension ServerEvent: CustomStringConvertible {
    /// One sentence for the log.
    public var description: String {
        switch self {
        case .connectionRefused(let peer, .connections): "a connection of \(peer) was refused: there are too many"
        case .connectionRefused(let peer, .callBytes):
            "a connection of \(peer) was closed: too many bytes of calls are on their way"
        case .protocolViolation(let peer, let error): "a connection of \(peer) was closed: \(error)"
        case .callUnfinished(let peer): "a connection of \(peer) was closed: the rest of a call did not come"
        case .repliesUnread(let peer):
            "a connection of \(peer) was closed, and its job cancelled: it did not read its replies"
        case .descriptorsUnasked(let peer, let count):
            "\(count) descriptors that \(peer) sent were closed: no method takes them"
        case .handlerFailed(let method, let error): "\(method) failed: \(error)"
        case .acceptPaused(let error): "no connection can be accepted for the time being: \(error)"
        case .loopFailed(let error): "the socket can't be served any more: \(error)"
        }
    }

    /// Events of the same kind, for a log that bounds how often each is told.
    public var kind: String {
        switch self {
        case .connectionRefused(_, let limit): "refused \(limit)"
        case .protocolViolation: "violation"
        case .callUnfinished: "unfinished"
        case .repliesUnread: "unread"
        case .descriptorsUnasked: "descriptors"
        case .handlerFailed(let method, _): "failed \(method)"
        case .acceptPaused: "paused"
        case .loopFailed: "loop"
        }
    }
}
