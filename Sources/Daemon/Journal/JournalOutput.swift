import Bytes
import CSystemd
import Glibc
import Logging

/// The journal, through libsystemd.
///
/// `sd_journal_sendv` blocks for as long as the journal's socket is full: it sends datagrams on a blocking socket, and
/// a journal that is stopped takes some hundred of them. It reports success when the socket isn't there, so that is
/// looked at first.
public struct JournalOutput: LogOutput {
    /// Where the journal takes entries (systemd-journald.service(8)).
    public static let socketPath = "/run/systemd/journal/socket"

    public init() {}

    public func write(_ entry: LogEntry) -> Bool {
        guard access(Self.socketPath, W_OK) == 0 else { return false }
        let lines = JournalFields(entry).lines.map(\.bytes)
        var bytes = Array(lines.joined())
        return bytes.withUnsafeMutableBytes { bytes in
            var end = 0
            let vectors = lines.map { line in
                defer { end += line.count }
                return iovec(iov_base: bytes.baseAddress.map { $0 + end }, iov_len: line.count)
            }
            return sd_journal_sendv(vectors, Int32(vectors.count)) == 0
        }
    }
}

/// An entry as the journal's native protocol takes it: `NAME=value` for each field.
///
/// Metadata become fields of their own, under the key in capitals behind ``prefix``: `startup_usec` is
/// `PARD_STARTUP_USEC`. The values of an array are one field each under the same name, which the journal allows, and a
/// dictionary's keys are put behind the outer one. Nothing is ever left out for its size here: the journal's own limits
/// are 1024 fields and some hundred MiB.
struct JournalFields: Sendable, Equatable {
    /// Before the name of every field that isn't one of the journal's own.
    static let prefix = "PARD_"
    /// Bytes in a field's name (systemd.journal-fields(7)).
    static let nameLimit = 64

    private(set) var lines: [String]

    init(_ entry: LogEntry) {
        let details = entry.details
        // A message with other bytes would be shown to nobody; a field for programs has them as they are.
        let message = ShownText.text(details?.description ?? entry.message)
        lines = ["MESSAGE=\(message)", "PRIORITY=\(entry.level.priority)"]
        for (name, value) in details?.fields ?? [] { lines.append("\(name)=\(value)") }
        if let details { lines.append("MESSAGE_ID=\(details.messageID)") }
        for (key, value) in entry.metadata.sorted(by: { $0.key < $1.key })
        where details == nil || key != LogEntry.detailsKey {
            append(value, under: key == LogEntry.messageIDKey ? "MESSAGE_ID" : Self.name(of: key))
        }
    }

    /// The field's name for a metadata key: capitals, digits and underscores only, and no more than fit.
    static func name(of key: String) -> String {
        let letters = key.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        return prefix + String(decoding: letters.prefix(nameLimit - prefix.utf8.count), as: UTF8.self)
    }

    private mutating func append(_ value: Logger.Metadata.Value, under name: String) {
        switch value {
        case .string(let text): lines.append("\(name)=\(text)")
        case .stringConvertible(let value): lines.append("\(name)=\(value)")
        case .array(let values): for value in values { append(value, under: name) }
        case .dictionary(let members):
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                append(value, under: Self.joined(name, key))
            }
        }
    }

    private static func joined(_ name: String, _ key: String) -> String {
        String((name + "_" + Self.name(of: key).dropFirst(prefix.count)).prefix(nameLimit))
    }
}

extension Logger.Level {
    /// The syslog priority, 0 to 7, lower is graver (syslog(3)).
    var priority: Int {
        switch self {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
