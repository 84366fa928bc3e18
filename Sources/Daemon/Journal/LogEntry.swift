import Glibc
public import Logging

/// One message of the log with what goes with it, as it waits to be written.
public struct LogEntry: Sendable {
    public var level: Logger.Level
    public var message: String
    public var metadata: Logger.Metadata
    /// When it was logged, in microseconds since 1970.
    public var microseconds: Int64

    /// The key of the metadata whose value goes into the journal as `MESSAGE_ID`: 32 hexadecimal digits.
    public static let messageIDKey = "message_id"

    /// The key of the metadata that hold an ``EntryDetails``, as `.stringConvertible`.
    public static let detailsKey = "details"

    /// What is to be worked out when the entry is written; nil where all is there.
    var details: (any EntryDetails)? {
        guard case .stringConvertible(let value) = metadata[Self.detailsKey] else { return nil }
        return value as? any EntryDetails
    }

    /// What the journal knows the entry's kind by; nil for an entry of no kind.
    var messageID: String? {
        if let id = details?.messageID { return id }
        guard case .string(let id) = metadata[Self.messageIDKey] else { return nil }
        return id
    }

    /// What people read: the message, or what the details say in its place.
    var text: String { details?.description ?? message }

    public init(level: Logger.Level, message: String, metadata: Logger.Metadata = [:]) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        self.level = level
        self.message = message
        self.metadata = metadata
        microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}

/// What an entry tells in many fields, worked out on the log's own thread: whoever logs passes on only what is known.
///
/// The description becomes the entry's message.
public protocol EntryDetails: CustomStringConvertible, Sendable {
    /// What goes into the journal as `MESSAGE_ID`: 32 hexadecimal digits.
    var messageID: String { get }
    /// Fields by their whole names, such as `PARD_JOB`.
    var fields: [(name: String, value: String)] { get }
}
