import Control
import FoundationEssentials
import Glibc
import Report

/// One line of `journalctl --output=json`: an entry's fields.
struct JournalEntry: Decodable {
    private let fields: [String: Value]

    /// A field as `journalctl` writes it: text; a list of bytes where it is no UTF-8; a list of those where the entry
    /// has several fields of the name; null where it is too large.
    private enum Value: Decodable {
        case text(String)
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            self = (try? value.decode(String.self)).map(Value.text) ?? .other
        }
    }

    init(from decoder: any Decoder) throws {
        fields = try decoder.singleValueContainer().decode([String: Value].self)
    }

    /// Reads a line. Throws ``CommandError/journal(_:)``.
    static func read(_ line: [UInt8]) throws(CommandError) -> JournalEntry {
        do {
            return try JSONDecoder().decode(JournalEntry.self, from: Data(line))
        } catch {
            throw .journal(
                "journalctl wrote something that is not an entry: \(String(decoding: line.prefix(80), as: UTF8.self))")
        }
    }

    /// A field that is text and is there once.
    func text(_ name: String) -> String? {
        if case .text(let text) = fields[name] { text } else { nil }
    }

    /// Microseconds since 1970, when it was written.
    var microseconds: Int { text("__REALTIME_TIMESTAMP").flatMap { Int($0) } ?? 0 }

    /// The fields of an entry that ``line`` needs.
    static let lineFields = ["MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_COMM"]

    /// The entry as a line of the log.
    var line: LogLine {
        LogLine(
            time: microseconds * 1000, priority: text("PRIORITY").flatMap { Int($0) } ?? 6,
            program: text("SYSLOG_IDENTIFIER") ?? text("_COMM") ?? "?",
            message: text("MESSAGE") ?? "(not text)")
    }

    /// The finished run that the entry tells of.
    func run() throws(HistoryRun.BadField) -> HistoryRun {
        try HistoryRun(microseconds: microseconds) { text($0.rawValue) }
    }
}

/// Times of day in the user's time zone.
enum LocalTime {
    /// The time of day now.
    static var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return text(time.tv_sec * 1_000_000_000 + time.tv_nsec)
    }

    /// `2026-11-23 20:06:56`, for nanoseconds since 1970.
    static func text(_ nanoseconds: Int) -> String { text(nanoseconds, as: "%Y-%m-%d %H:%M:%S") }

    /// `2026-11-23`.
    @Sendable
    static func day(_ nanoseconds: Int) -> String { text(nanoseconds, as: "%Y-%m-%d") }

    private static func text(_ nanoseconds: Int, as format: String) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, format, &parts)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
