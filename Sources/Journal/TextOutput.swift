import Glibc
import Logging

/// Lines for people, on a descriptor such as standard error.
public struct TextOutput: LogOutput {
    private let descriptor: Int32

    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    public func write(_ entry: LogEntry) -> Bool {
        let line = Array((Self.line(entry, time: Self.localTime(entry.microseconds)) + "\n").utf8)
        return line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno != EINTR { return false }
                rest = rest.dropFirst(max(count, 0))
            }
            return true
        }
    }

    /// `time level: message`, and the metadata behind it as `key=value`.
    ///
    /// An entry that has a message ID tells people everything in its message: its metadata are for programs.
    static func line(_ entry: LogEntry, time: String) -> String {
        let message = printable(entry.text)
        let level = entry.level == .notice ? "note" : entry.level.rawValue
        guard entry.metadata[LogEntry.messageIDKey] == nil else { return "\(time) \(level): \(message)" }
        let metadata = entry.metadata.sorted { $0.key < $1.key }.map { " \(printable("\($0.key)=\($0.value)"))" }
        return "\(time) \(level): \(message)\(metadata.joined())"
    }

    /// `text` on one line, without anything that a terminal would take for a command.
    private static func printable(_ text: String) -> String {
        // By bytes, as most text is plain and each run has a line.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        let scalars = text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "?" : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// `2026-11-23 20:06:56.123` in the machine's time zone.
    private static func localTime(_ microseconds: Int64) -> String {
        var seconds = time_t(microseconds / 1_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        let thousandths = String(microseconds % 1_000_000 / 1000)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
            + "." + String(repeating: "0", count: 3 - thousandths.utf8.count) + thousandths
    }
}
