import Glibc
import Logging
import Linux
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
        #expect(line("a\n\u{1B}[2Jb", ["k": "\r"]) == #"12:00 info: a\n\e[2Jb k=\r"#)
    }

    @Test("writes many entries at a time, in their order and whole")
    func many() throws {
        let pipe = try Pipe()
        let entries = (0..<1000).map {
            LogEntry(level: .info, message: "entry \($0) \(String(repeating: "x", count: 30))")
        }
        let reader = try SystemThread(named: "test") {
            #expect(TextOutput(pipe.writing).write(entries) == 0)
            close(pipe.writing)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(pipe.reading, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        reader.join()
        close(pipe.reading)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.map { $0.split(separator: " ")[4] } == (0..<1000).map { "\($0)" })
    }

    @Test("tells how many entries are lost where nobody reads")
    func nobodyReads() throws {
        let pipe = try Pipe()
        close(pipe.reading)
        // What this thread is told of by a signal, the test doesn't want to end by.
        signal(SIGPIPE, SIG_IGN)
        let entries = (0..<3).map { LogEntry(level: .info, message: "entry \($0)") }
        #expect(TextOutput(pipe.writing).write(entries) == 3)
        close(pipe.writing)
    }

    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            try system("socketpair") {
                socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
            }
            (reading, writing) = (ends[0], ends[1])
        }
    }
}
