public import Linux
public import Varlink

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
