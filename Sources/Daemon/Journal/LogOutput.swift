import Bytes
import Glibc
import Logging

/// Where entries end up. Only a ``LogQueue``'s own thread writes, so writing may block.
public protocol LogOutput: Sendable {
    /// Writes one entry.
    ///
    /// - Returns: false if it could not be written and is lost.
    func write(_ entry: LogEntry) -> Bool

    /// Writes entries in their order.
    ///
    /// - Returns: how many of them could not be written and are lost.
    func write(_ entries: [LogEntry]) -> Int
}

extension LogOutput {
    public func write(_ entries: [LogEntry]) -> Int { entries.count { !write($0) } }
}

/// Which of the two places the log goes to.
public enum LogTarget: Sendable, Equatable {
    case journal
    case standardError

    /// The journal, if it is there and this process's standard error ends there; standard error everywhere else, such
    /// as on a terminal or in a container.
    public static func ofThisProcess() -> LogTarget {
        var file = stat()
        return choose(
            socketExists: access(JournalOutput.socketPath, F_OK) == 0,
            standardError: fstat(STDERR_FILENO, &file) == 0 ? (file.st_dev, file.st_ino) : nil, pid: getpid(),
            variable: { getenv($0).map { String(cString: $0) } })
    }

    /// The rule alone.
    ///
    /// The service manager names the file that it gave a service for standard error in `$JOURNAL_STREAM`, as
    /// `device:inode`. Children inherit the variable, and may have another standard error: so it counts only where the
    /// numbers are those of this process's own (systemd.exec(5)). Where the manager itself started this process, it is
    /// named in `$SYSTEMD_EXEC_PID`, and has no terminal that anybody looks at.
    static func choose(
        socketExists: Bool, standardError: (device: UInt, inode: UInt)?, pid: Int32, variable: (String) -> String?
    ) -> LogTarget {
        guard socketExists else { return .standardError }
        let ownStream = standardError.map { "\($0.device):\($0.inode)" }
        if let stream = variable("JOURNAL_STREAM"), stream == ownStream { return .journal }
        return variable("SYSTEMD_EXEC_PID") == String(pid) ? .journal : .standardError
    }

    /// What writes there.
    public var output: any LogOutput {
        switch self {
        case .journal: JournalOutput()
        case .standardError: TextOutput(STDERR_FILENO)
        }
    }
}

/// Lines for people, on a descriptor such as standard error.
public struct TextOutput: LogOutput {
    private let descriptor: Int32

    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    public func write(_ entry: LogEntry) -> Bool { write([entry]) == 0 }

    /// Many lines at a time, as each write costs as much as making a line.
    public func write(_ entries: [LogEntry]) -> Int {
        var lost = 0
        var lines: [UInt8] = []
        var count = 0
        var second: (number: Int64, text: String)?
        for entry in entries {
            let number = entry.microseconds / 1_000_000
            // Many entries of a busy program are of one second.
            let text = second.flatMap { $0.number == number ? $0.text : nil } ?? Self.localTime(second: number)
            second = (number, text)
            lines += Self.line(entry, time: text + Self.thousandths(of: entry.microseconds)).utf8
            lines.append(UInt8(ascii: "\n"))
            count += 1
            if lines.count >= Self.bytesAtOnce {
                if !write(lines) { lost += count }
                lines.removeAll(keepingCapacity: true)
                count = 0
            }
        }
        if !lines.isEmpty, !write(lines) { lost += count }
        return lost
    }

    private static let bytesAtOnce = 1 << 14

    private func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
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
        guard entry.messageID == nil else { return "\(time) \(level): \(message)" }
        let metadata = entry.metadata.sorted { $0.key < $1.key }.map { " \(printable("\($0.key)=\($0.value)"))" }
        return "\(time) \(level): \(message)\(metadata.joined())"
    }

    /// `text` on one line, without anything that a terminal would take for a command.
    private static func printable(_ text: String) -> String {
        // By bytes, as most text is plain and each run has a line.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        return ShownText.line(text)
    }

    /// `2026-11-23 20:06:56` in the machine's time zone.
    private static func localTime(second: Int64) -> String {
        var seconds = time_t(second)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// `.123`
    private static func thousandths(of microseconds: Int64) -> String {
        let digits = String(microseconds % 1_000_000 / 1000)
        return "." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
