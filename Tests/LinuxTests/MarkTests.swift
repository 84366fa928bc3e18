import Foundation
import Glibc
import Testing

@testable import Linux

@Suite("A command's mark")
struct MarkTests {
    /// Starts a shell's script with a mark, and hands over what it writes.
    private func run(_ script: String, as mark: CommandMark, _ body: (borrowing Command, Int32) throws -> Void) throws {
        let pipe = try Linux.Pipe()
        let nothing = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        let (words, variables) = (Self.strings([nil, "sh", "-c", script]), Self.strings(["PATH=/usr/bin:/bin"]))
        defer {
            words.deallocate()
            variables.deallocate()
        }
        let command = try Command(
            Command.Start(
                path: "/bin/sh", arguments: words, environment: variables, directory: "/", umask: 0o022,
                input: nothing.raw, output: pipe.writer.raw, errors: nothing.raw, mark: mark))
        let reader = pipe.keepReader()
        try body(command, reader.raw)
        command.signal(SIGKILL)
        _ = try command.reap()
    }

    /// C strings, ended by nil. What they take is left to the test's end.
    private static func strings(_ texts: [String?]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
        let strings = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { (strings + index).initialize(to: text.flatMap { strdup($0) }) }
        (strings + texts.count).initialize(to: nil)
        return strings
    }

    private func line(from reader: Int32) throws -> String {
        var state = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        try #require(poll(&state, 1, 10_000) == 1)
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(reader, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    @Test("is what all processes have that it has started, and no others")
    func inherited() throws {
        let mark = CommandMark(family: CommandMark.newFamily(), command: 7)
        #expect(CommandMark(of: getpid()) == nil)
        #expect(CommandMark(of: 0) == nil)
        try run("(env -i setsid nohup sh -c 'echo $$; exec sleep 1000' &) 2>/dev/null; sleep 1000", as: mark) {
            command, reader in
            let far = try #require(Int32(try line(from: reader)))
            #expect(CommandMark(of: command.pid) == mark)
            #expect(CommandMark(of: far) == mark)
            // Another command's are left alone.
            #expect(MarkedProcesses.end(within: 1_000_000_000) { $0.family == mark.family && $0.command == 8 })
            #expect(kill(far, 0) == 0)
            #expect(MarkedProcesses.end(within: 10_000_000_000) { $0 == mark })
            #expect(!Self.isAlive(far) && !Self.isAlive(command.pid))
        }
    }

    private static func isAlive(_ pid: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return false }
        return !["Z", "X"].contains(text[end...].dropFirst(2).prefix(1))
    }
}

@Suite("A folder")
struct FolderTests {
    @Test("is removed with its files, unless there is more in it, and a link to one is no folder")
    func removal() throws {
        let path = FileManager.default.temporaryDirectory.path + "/folder-\(UUID().uuidString)"
        #expect(Folder.remove(path), "what isn't there is gone")
        try FileManager.default.createDirectory(atPath: path + "/below", withIntermediateDirectories: true)
        for name in ["a", "b"] { try "x".write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8) }
        #expect(symlink(path, path + ".link") == 0)
        #expect(!Folder.remove(path + ".link"))
        #expect(Folder.names(in: path).sorted() == ["a", "b", "below"])
        #expect(!Folder.remove(path))
        #expect(Folder.names(in: path) == ["below"])
        #expect(rmdir(path + "/below") == 0 && Folder.remove(path))
        #expect(unlink(path + ".link") == 0)
        #expect(Folder.names(in: path) == [])
    }
}

@Suite("An environment")
struct VariablesTests {
    @Test("passes bytes that aren't UTF-8, and leaves out what isn't wanted")
    func bytes() throws {
        #expect(setenv("PAR_TEST_BYTES", "\u{e4}", 1) == 0)
        defer { unsetenv("PAR_TEST_BYTES") }
        getenv("PAR_TEST_BYTES")[0] = CChar(bitPattern: 0xff)
        var own = Variables(ofThisProcessWithout: { $0 != "PAR_TEST_BYTES" })
        own.append("MORE=1")
        own.withCStrings { texts in
            let first = texts[0].map { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
            #expect(first == Array("PAR_TEST_BYTES=".utf8CString.dropLast()) + [-1, CChar(bitPattern: 0xa4)])
            #expect(texts[1].map { String(cString: $0) } == "MORE=1")
            #expect(texts[2] == nil)
        }
    }
}
