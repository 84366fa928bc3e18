import Logging
import Testing

@testable import Journal

@Suite struct TextTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:], _ level: Logger.Level = .info) -> String {
        TextOutput.line(LogEntry(level: level, message: message, metadata: metadata), time: "12:00")
    }

    @Test func `a line has time, level, message and metadata`() {
        #expect(line("ready", ["socket": "/s", "a": "1"]) == "12:00 info: ready a=1 socket=/s")
        #expect(line("lost", [:], .warning) == "12:00 warning: lost")
    }

    @Test func `an entry with a message ID has its metadata for programs only`() {
        #expect(line("all told", [LogEntry.messageIDKey: "00ff", "pool": "threads"]) == "12:00 info: all told")
    }

    @Test func `what a terminal would take for a command is not let through`() {
        #expect(line("a\n\u{1B}[2Jb", ["k": "\r"]) == "12:00 info: a??[2Jb k=?")
    }
}
