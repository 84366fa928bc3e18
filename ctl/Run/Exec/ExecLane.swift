import Control
import Glibc
import Linux
import Varlink

/// A slot of a run whose commands come one by one: a connection, the commands that it has at the moment, and the pipes of which
/// their outputs are read where those are shown at once.
final class ExecLane {
    /// From 1.
    let slot: Int
    var connection: DaemonConnection
    var check = ReplyCheck()
    /// What it has at the moment.
    private(set) var jobs: [ExecJob] = []
    /// The daemon's name for it; nil until it has accepted it.
    var name: String?
    /// When it was sent, in nanoseconds of ``Monotonic``.
    private(set) var sentAt = 0
    /// When it may be used again.
    var freeAt = 0
    private(set) var isFree = true
    private let way: ExecOptions.OutputWay
    private let output: LaneOutput?
    private let errors: LaneOutput?
    private var block: Descriptor?

    init(
        slot: Int, _ connection: consuming DaemonConnection, output way: ExecOptions.OutputWay, pipes: Bool
    ) throws(CommandError) {
        self.slot = slot
        self.way = way
        self.connection = connection
        output = way == .whole ? nil : try LaneOutput(inLines: way == .lines)
        errors = way == .whole ? nil : try LaneOutput(inLines: way == .lines)
    }

    /// What to poll for: the connection and the two outputs.
    var polled: [pollfd] {
        var events = isFree ? 0 : POLLIN
        if connection.client.hasUnsentCall { events |= POLLOUT }
        return [
            pollfd(fd: isFree ? -1 : connection.client.fileDescriptor, events: Int16(events), revents: 0),
            pollfd(fd: output?.reader ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors?.reader ?? -1, events: Int16(POLLIN), revents: 0),
        ]
    }

    /// The words of a command that reads `part` and writes where this slot reads, opened by the shell that begins it.
    func wrapped(_ command: [[UInt8]], _ part: [UInt8]?) throws(CommandError) -> [[UInt8]] {
        var line = "exec \"$@\""
        let place = "/proc/\(getpid())/fd/"
        if let part {
            let file = try Self.file(of: part)
            // From a pipe, as some programs look at what they read.
            line = "cat <\(place)\(file.raw) | " + line
            block = consume file
        }
        if let output, let errors { line += " >\(place)\(output.writer) 2>\(place)\(errors.writer)" }
        guard part != nil || output != nil else { return command }
        return ["/bin/sh", "-c", line, "sh"].map { Array($0.utf8) } + command
    }

    private static func file(of part: [UInt8]) throws(CommandError) -> Descriptor {
        do throws(SystemError) {
            let file = try Descriptor.memoryFile(named: "par-part")
            try file.append(part)
            return file
        } catch {
            throw CommandError(error)
        }
    }

    func begin(_ batch: [ExecJob], _ request: Run.Request) throws(CommandError) {
        jobs = batch
        name = nil
        check = ReplyCheck()
        isFree = false
        sentAt = Int(Monotonic.now())
        try connection.begin(Run.method, text: request.json, more: true)
        try connection.sendAvailable()
    }

    /// Whether nothing of what it has was begun.
    var isUntouched: Bool { name == nil }

    func giveBack() -> [ExecJob] {
        defer { end() }
        return jobs
    }

    /// The run has come to its end, or was refused.
    func end() {
        jobs = []
        block = nil
        isFree = true
    }

    /// What came of its command's outputs.
    ///
    /// - Parameter isLast: whether the command has ended, so that nothing more comes.
    func written(isLast: Bool) -> (output: [UInt8], errors: [UInt8]) {
        (output?.written(isLast: isLast) ?? [], errors?.written(isLast: isLast) ?? [])
    }

    /// What it means that the connection failed.
    func lost(_ error: ClientError) -> CommandError {
        guard let name else { return .client(error) }
        let reason = if case .disconnected = error { "the connection was closed" } else { error.description }
        return .lost(job: name, reason: reason)
    }
}

/// A pipe that commands write to, one after the other, and what of it is no whole line yet.
private final class LaneOutput {
    let reader: Int32
    let writer: Int32
    private let inLines: Bool
    private var rest: [UInt8] = []

    /// Bytes of a line beyond which it is shown in pieces.
    private static let lineLimit = 1 << 20

    init(inLines: Bool) throws(CommandError) {
        self.inLines = inLines
        do throws(SystemError) {
            let ends = try Pipe().release()
            reader = ends.reader
            writer = ends.writer
            try system("fcntl") { fcntl(reader, F_SETFL, O_NONBLOCK) }
        } catch {
            throw CommandError(error)
        }
    }

    deinit {
        close(reader)
        close(writer)
    }

    func written(isLast: Bool) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        repeat {
            let count = read(reader, &block, block.count)
            guard count > 0 else { break }
            rest += block[..<count]
            if !inLines || rest.count > Self.lineLimit { break }
        } while isLast
        defer { if isLast { rest = [] } }
        guard inLines, !isLast, rest.count <= Self.lineLimit else {
            let all = rest
            rest = []
            return all
        }
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let lines = Array(rest[...end])
        rest.removeFirst(lines.count)
        return lines
    }
}
