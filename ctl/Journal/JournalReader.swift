import Glibc
import Linux

/// `journalctl`, started to write entries as JSON, one a line. It is a program of its own because this one is fully
/// static and can't have libsystemd.
struct JournalReader: ~Copyable {
    private let pid: pid_t
    private let pipe: Descriptor
    private var bytes: [UInt8] = []
    /// How much of `bytes` has been handed out.
    private var start = 0

    private static let chunk = 1 << 16

    /// Starts `journalctl` with `arguments` beside those that every use has.
    init(_ arguments: [String]) throws(CommandError) {
        do throws(SystemError) {
            let ends = try Pipe()
            var program = Program(
                path: "journalctl", arguments: ["--quiet", "--no-pager", "--output=json", "--all"] + arguments,
                environment: .ofThisProcess, descriptors: [])
            program.hasNoInput = true
            program.output = ends.writer.raw
            // It is to end with this program when the user presses Ctrl-C, or nobody reads any more.
            program.isApart = false
            pid = try program.spawn()
            pipe = ends.keepReader()
        } catch {
            guard error.call == "posix_spawn" else { throw CommandError(error) }
            let number = error.errno.rawValue
            throw .journal(
                number == ENOENT
                    ? "journalctl is not there: without systemd's journal there is no history"
                    : "journalctl: \(SystemFault.text(number))")
        }
    }

    /// The next line without its end; nil when there are no more. Waits for it.
    mutating func next() throws(CommandError) -> [UInt8]? {
        var searched = start
        while true {
            if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(bytes[start..<end])
            }
            searched = bytes.count - start
            bytes.removeSubrange(..<start)
            start = 0
            let count = try read()
            if count == 0 { return bytes.isEmpty ? nil : takeRest() }
        }
    }

    private mutating func takeRest() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Waits for more to read. Throws ``CommandError/output(errno:)`` when the reader of standard output goes away meanwhile:
    /// a log that is followed may have nothing to write, and so nothing to notice it by, for days.
    private func awaitMore() throws(CommandError) {
        var events = [
            pollfd(fd: pipe.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
        ]
        while poll(&events, 2, -1) < 0 {
            guard errno == EINTR else { throw .system(call: "poll", errno: errno) }
        }
        if events[0].revents == 0, events[1].revents & Int16(POLLERR | POLLHUP) != 0 { throw .output(errno: EPIPE) }
    }

    private mutating func read() throws(CommandError) -> Int {
        let size = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.chunk))
        var count = 0
        defer { bytes.removeLast(Self.chunk - count) }
        while true {
            try awaitMore()
            let descriptor = pipe.raw
            let content = bytes.withUnsafeMutableBytes {
                Pipe.read(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: $0[size...]))
            }
            switch content {
            case .bytes(let came):
                count = came
                return count
            case .over: return 0
            case .empty: continue
            }
        }
    }

    /// Waits for the end of `journalctl`: throws ``CommandError/journal(_:)`` if it ended badly, which it has then told itself.
    ///
    /// - Parameter wasRead: whether all was read; else it is told to end.
    consuming func end(wasRead: Bool) throws(CommandError) {
        let pid = pid
        close(pipe.release())
        if !wasRead { kill(pid, SIGTERM) }
        var status: Int32 = 0
        do throws(SystemError) {
            try system("waitpid") { waitpid(pid, &status, 0) }
        } catch {
            throw CommandError(error)
        }
        if wasRead, status != 0 { throw .journal("journalctl could not read the journal; its message is above") }
    }
}
