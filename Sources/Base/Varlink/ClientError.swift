import Glibc
import Linux

/// Why a call came to no reply, or to an error.
public enum ClientError: Error, Sendable {
    /// No connection: `errno` is what connect(2) said, or ENAMETOOLONG for a path that no socket can have.
    case unreachable(path: String, errno: Int32)
    /// There was no answer within so long a time.
    case noAnswer(Duration)
    /// The service closed the connection, or ended.
    case disconnected
    /// The other side, or the caller, did not keep to the protocol.
    case protocolViolation(String)
    /// The service answered with an error.
    case failed(ErrorReply)
}

extension ClientError: CustomStringConvertible {
    /// One sentence that says what happened and what to do.
    public var description: String {
        switch self {
        case .unreachable(let path, let number): Self.unreachable(path, number)
        case .noAnswer(let patience):
            "the service did not answer within \(patience.components.seconds) s: see whether it is stopped or overloaded"
        case .disconnected: "the service closed the connection: see its log, then try again"
        case .protocolViolation(let reason):
            "\(reason): check that the socket is the service's own and that both sides have the same version"
        case .failed(let reply):
            ServiceError(reply)?.description
                ?? "the service refused with \(reply.name) \(String(decoding: reply.json, as: UTF8.self))"
        }
    }

    private static func unreachable(_ path: String, _ number: Int32) -> String {
        switch number {
        case ENOENT: "there is no socket \(path): start the service, or give the path of its socket"
        case ECONNREFUSED: "nobody listens on \(path): start the service again, it ended without removing its socket"
        case EACCES, EPERM: "you may not connect to \(path): its owner lets others not in"
        case ENAMETOOLONG:
            "\(path) is longer than the \(UnixAddress.maximumBytes) bytes a socket's path can have: use a shorter one"
        default: "can't connect to \(path): \(SystemError.text(number))"
        }
    }
}
