import Varlink

/// Something that happened to a connection which its client is not told, or not told why.
public enum ServerEvent: Sendable {
    /// There were as many connections as are allowed.
    case connectionRefused(Peer)
    /// The client did not keep to the protocol; the connection was closed.
    case protocolViolation(Peer, FrameError)
    /// A handler threw an error that is no reply; the connection was closed.
    case handlerFailed(method: String, error: any Error)
    /// Accepting a connection failed, for want of descriptors for instance; accepting goes on.
    case acceptFailed(any Error)
}
