import Bytes
import Catalogue
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
    private(set) var name: String?
    /// When it was sent, in nanoseconds of ``Monotonic``.
    private(set) var sentAt = 0
    /// When it may be used again.
    var freeAt = 0
    private(set) var isFree = true
    private let way: ExecOptions.OutputWay
    private let output: LaneOutput?
    private let errors: LaneOutput?
    private var block: Descriptor?
    private var part: PartFile?
    /// What its commands are made of, until the daemon has it.
    private var words: Descriptor?
    /// The command that it has where that has the terminal.
    private(set) var terminal: TerminalCommand?
    /// Where such a command's outputs are kept until its end.
    private var keptOutput: Descriptor?
    private var keptErrors: Descriptor?
    /// Whether it is over but for that command.
    private var isEnding = false
    /// When it was first heard that it runs, in nanoseconds of ``Monotonic``; nil before.
    private(set) var runningAt: Int?
    /// Whether the user did not want its command to be run.
    private var isUnwanted = false
    /// What its command has written while it is not known whether that is its last try.
    var early: [HeldOutputs.Part] = []
    /// Whether it was told to end for having taken too long.
    var isOverdue = false

    init(
        slot: Int, _ connection: consuming DaemonConnection, output way: ExecOptions.OutputWay, pipes: Bool
    ) throws(CommandError) {
        self.slot = slot
        self.way = way
        self.connection = connection
        output = way == .whole ? nil : try LaneOutput(inLines: way == .lines)
        errors = way == .whole ? nil : try LaneOutput(inLines: way == .lines)
    }

    /// What to poll for: the connection, the two outputs, and the end of a command that has the terminal.
    var polled: [pollfd] {
        var events = isFree ? 0 : POLLIN
        if connection.client.hasUnsentCall { events |= POLLOUT }
        return [
            pollfd(fd: isFree ? -1 : connection.client.fileDescriptor, events: Int16(events), revents: 0),
            pollfd(fd: output?.reader ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errors?.reader ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: terminal?.awaited ?? -1, events: Int16(POLLIN), revents: 0),
        ]
    }

    /// The words that the worker is given for a command that reads its part of the input and writes where this slot reads, opened
    /// by the shell that begins it.
    ///
    /// - Parameter isWanted: whether it is to be run at all; else something is that does nothing.
    func words(for job: ExecJob, of plan: ExecPlan, isWanted: Bool) throws(CommandError) -> WordList {
        isUnwanted = !isWanted
        guard isWanted else { return WordList([Array("true".utf8)]) }
        if plan.options.readsTerminal { return WordList(try onTerminal(job, plan)) }
        let place = "/proc/\(getpid())/fd/"
        var line = "exec \"$@\""
        if let input = job.input {
            line += " <\(place)\(input)"
        } else if let bytes = job.block, plan.options.namesParts {
            let part = try PartFile(bytes, isPipe: plan.options.pipe?.way == .fifo)
            self.part = part
            line = "PARALLEL_TMP=$0; export PARALLEL_TMP; " + (try part.isPipe ? wrapped(bytes, place) : line)
        } else if let bytes = job.block {
            let file = try Self.file(of: bytes)
            // From a pipe, as some programs look at what they read.
            line = "cat <\(place)\(file.raw) | " + line
            block = consume file
        }
        if let output, let errors { line += " >\(place)\(output.writer) 2>\(place)\(errors.writer)" }
        let command = plan.command(of: job, slot: slot, part: part)
        guard job.block != nil || job.input != nil || output != nil else { return command }
        var wrapped = WordList(WrapperShell.words + [Array(line.utf8), part?.path.bytes ?? Array("sh".utf8)])
        wrapped.append(command)
        return wrapped
    }

    /// What writes a part into a named pipe while the command runs, and no longer: the command need not open it.
    private func wrapped(_ bytes: [UInt8], _ place: String) throws(CommandError) -> String {
        let file = try Self.file(of: bytes)
        let raw = file.raw
        block = consume file
        return "cat <\(place)\(raw) >\"$0\" & { \"$@\"; code=$?; kill -9 $! 2>/dev/null; wait; exit $code; }"
    }

    private func onTerminal(_ job: ExecJob, _ plan: ExecPlan) throws(CommandError) -> [[UInt8]] {
        var ends = (output: output?.writer ?? STDOUT_FILENO, errors: errors?.writer ?? STDERR_FILENO)
        switch way {
        case .raw: ends = (STDOUT_FILENO, STDERR_FILENO)
        case .lines: break
        case .whole:
            let output = try Self.file(of: [])
            let errors = try Self.file(of: [])
            ends = (output.raw, errors.raw)
            keptOutput = consume output
            keptErrors = consume errors
        }
        let command = try TerminalCommand(
            plan.command(of: job, slot: slot).words, in: plan.directory, output: ends.output, errors: ends.errors)
        terminal = command
        return command.standIn
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

    /// Bytes of commands that go in a file of their own, rather than as the words of a call.
    private static let fileBytes = 4096

    /// Sends a run of `commands`, which are those of `batch`.
    func begin(_ batch: [ExecJob], _ commands: [WordList], _ request: Run.Request) throws(CommandError) {
        var request = request
        words = nil
        if commands.reduce(0, { $0 + $1.bytes.count }) < Self.fileBytes {
            request.inputs = commands.map { Run.Input(words: $0.texts) }
        } else {
            words = try Self.file(of: Array(commands.map(\.bytes).joined()))
            request.block = Run.Block(descriptor: 0, lengths: commands.map(\.bytes.count))
        }
        jobs = batch
        (name, runningAt, isOverdue) = (nil, nil, false)
        check = ReplyCheck()
        isFree = false
        sentAt = Int(Monotonic.now())
        let descriptor = words?.raw
        try connection.begin(
            Run.method, text: request.json, more: true, descriptors: descriptor.map { [$0] } ?? [])
        try connection.sendAvailable()
    }

    /// Whether nothing of what it has was begun.
    var isUntouched: Bool { name == nil }

    func giveBack() -> [ExecJob] {
        defer { end() }
        return jobs
    }

    /// The daemon has accepted what it was sent.
    func accept(_ name: String) {
        self.name = name
        words = nil
        terminal?.start()
    }

    /// The daemon has said how far it is.
    func take(_ news: Run.Progress) {
        if runningAt == nil, news.state == "running" { runningAt = Int(Monotonic.now()) }
    }

    /// The run has come to its end, or was refused.
    func end() {
        if let terminal, terminal.awaited >= 0 {
            // A command that has the terminal ends by itself, and keeps its place until then.
            terminal.stop()
            isEnding = true
            return
        }
        jobs = []
        block = nil
        part = nil
        terminal = nil
        keptOutput = nil
        keptErrors = nil
        isEnding = false
        isFree = true
    }

    /// Sees to a command that has the terminal: takes its end, and kills one that does not end when it must.
    func lookAtTerminal() {
        guard let terminal else { return }
        terminal.killIfDue()
        terminal.reap()
        if isEnding, terminal.awaited < 0 { end() }
    }

    /// A command's record: one that was told to end for having taken too long has failed, and one that has the terminal has used the
    /// processors itself.
    func judged(_ record: Record) -> Record {
        var judged = record
        if isOverdue, record.status == "cancelled" {
            judged.status = "failed"
            judged.reason = ExecFailure.timeout.text
            judged.command?.cause = "timeout"
        }
        if isUnwanted {
            judged.status = "failed"
            judged.reason = "the answer was no"
            judged.command?.exitCode = CommandRecord.unwanted
        }
        if let terminal {
            judged.command?.user = terminal.user
            judged.command?.system = terminal.system
        }
        return judged
    }

    /// What a command that has the terminal has written, where that comes whole.
    func keptOutputs() -> (output: [UInt8], errors: [UInt8]) {
        (Self.content(of: keptOutput?.raw), Self.content(of: keptErrors?.raw))
    }

    private static func content(of file: Int32?) -> [UInt8] {
        guard let file, let size = try? memoryFileSize(file), size > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = pread(file, &bytes, size, 0)
        return Array(bytes.prefix(max(count, 0)))
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
