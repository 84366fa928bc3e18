/// Why bytes are not a message of the protocol, or a value can't become one.
public enum FrameError: Error, Sendable, Equatable, CustomStringConvertible {
    /// More than `limit` bytes came without a terminating NUL.
    case tooLong(limit: Int)
    /// Objects and arrays are nested deeper than `limit`.
    case tooDeep(limit: Int)
    /// Not a JSON object in UTF-8; `offset` counts bytes from the start of the frame.
    case malformed(reason: String, offset: Int)
    /// JSON, but no call or reply.
    case notAMessage(reason: String)
    /// A value that JSON can't hold, such as a number that is not finite.
    case notEncodable(reason: String)

    public var description: String {
        switch self {
        case .tooLong(let limit): "a frame is longer than \(limit) bytes"
        case .tooDeep(let limit): "JSON is nested deeper than \(limit) levels"
        case .malformed(let reason, let offset): "\(reason) at byte \(offset)"
        case .notAMessage(let reason): reason
        case .notEncodable(let reason): "can't be written as JSON: \(reason)"
        }
    }
}
