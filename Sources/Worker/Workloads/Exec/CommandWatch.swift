import Glibc
import Ledger
import Linux

/// The pipes of which a command's two outputs are read.
struct CommandPipes: ~Copyable {
    var output: Pipe
    var errors: Pipe
}

/// A command while it runs: takes what it writes, ends it when it must end, and sees its end.
struct CommandWatch: ~Copyable {
    private let command: Command
    private let output: Descriptor
    private let errors: Descriptor
    private let settings: ExecSettings
    private let deadline: UInt64?
    private var cause = CommandDetail.Cause.none
    /// When the group is killed that has been asked to end.
    private var killAt: UInt64?
    /// The command's end and its two outputs; what is over is at -1.
    private var awaited: [pollfd]
    private var hasEnded = false
    /// When the group of a command that has ended is searched for those who still have their time to end.
    private var searchAt: UInt64?
    /// One of them, whose end is waited for in the place of the command's.
    private var survivor: ProcessHandle?
    /// Whether there is none: what holds the outputs open has left the group, and the time is not its own.
    private var isDeserted = false

    /// How long outputs may stay open after the command's end until somebody is searched for: those who end with it
    /// need less.
    private static let searchNanoseconds: UInt64 = 5_000_000

    private enum Place {
        static let end = 0
        static let output = 1
        static let errors = 2
    }

    /// - Parameter started: when the command was started.
    init(
        _ command: consuming Command, _ pipes: consuming CommandPipes, settings: ExecSettings, started: UInt64
    ) {
        output = pipes.output.keepReader()
        errors = pipes.errors.keepReader()
        awaited = [command.pidfd, output.raw, errors.raw].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        self.command = command
        self.settings = settings
        deadline = settings.timeout.map { started + $0 }
    }

    /// Follows the command to its end, which is not reaped yet. Where it throws, the command was killed.
    ///
    /// - Returns: why it was ended; `none` where it ended by itself.
    mutating func follow(
        _ task: TaskContext, into outputs: OutputFiles, by buffer: inout [UInt8]
    ) throws(SystemError) -> CommandDetail.Cause {
        while true {
            let now = Monotonic.now()
            end(now, isCancelled: task.isCancelled, isOver: outputs.isOver)
            if let time = searchAt, now >= time { search() }
            // Only then: what is deaf to the end of its group may hold the outputs open for good.
            if isOver { break }
            let next = [killAt ?? (cause == .none ? deadline : nil), searchAt].compactMap(\.self).min()
            do {
                try Interrupt.wait(for: &awaited, nanoseconds: next.map { $0 > now ? $0 - now : 0 })
            } catch {
                command.signal(SIGKILL)
                throw error
            }
            if awaited[Place.end].revents != 0 {
                searchAt = Monotonic.now() + (hasEnded ? 0 : Self.searchNanoseconds)
                hasEnded = true
                awaited[Place.end].fd = -1
            }
            take(Place.output, into: outputs.output, by: &buffer)
            take(Place.errors, into: outputs.errors, by: &buffer)
        }
        // What is left of a group that was to end; its number is its own until the leader is reaped.
        if cause != .none { command.signal(SIGKILL) }
        takeRest(Place.output, into: outputs.output, by: &buffer)
        takeRest(Place.errors, into: outputs.errors, by: &buffer)
        return cause
    }

    /// Whether the command has ended, and those of its group that were asked to end have had their time or have closed
    /// both outputs.
    private var isOver: Bool {
        guard hasEnded else { return false }
        return cause == .none || killAt == nil || isDeserted
            || (awaited[Place.output].fd < 0 && awaited[Place.errors].fd < 0)
    }

    /// Looks for somebody of the command's group who has not ended.
    private mutating func search() {
        searchAt = nil
        survivor = ProcessGroup.member(of: command.pid)
        isDeserted = survivor == nil
        awaited[Place.end].fd = survivor?.pidfd ?? -1
    }

    /// Reaps the command, which has ended.
    consuming func reap() throws(SystemError) -> Command.Usage {
        try command.reap()
    }

    /// Asks the group to end if it is time, and kills it if it has not.
    private mutating func end(_ now: UInt64, isCancelled: Bool, isOver: Bool) {
        if cause == .none {
            if isCancelled {
                cause = .cancelled
            } else if let deadline, now >= deadline {
                cause = .timeout
            } else if isOver {
                cause = .output
            } else {
                return
            }
            command.signal(SIGTERM)
            // Stopped ones have to go on to be able to end.
            command.signal(SIGCONT)
            killAt = now + settings.grace
        } else if let time = killAt, now >= time {
            command.signal(SIGKILL)
            killAt = nil
        }
    }

    /// Takes what is in a pipe that was found ready, as much as fits into the buffer: whoever writes faster than this reads
    /// must not keep it from looking at the time.
    private mutating func take(_ place: Int, into file: OutputFile, by buffer: inout [UInt8]) {
        if awaited[place].revents != 0 { _ = read(place, into: file, by: &buffer) }
    }

    /// Takes what is in a pipe now, and nothing that comes later.
    private mutating func takeRest(_ place: Int, into file: OutputFile, by buffer: inout [UInt8]) {
        var left = awaited[place].fd < 0 ? 0 : Pipe.pending(awaited[place].fd)
        while left > 0 {
            let count = read(place, into: file, by: &buffer)
            if count == 0 { return }
            left -= count
        }
    }

    /// - Returns: how many bytes were there; 0 for none.
    private mutating func read(_ place: Int, into file: OutputFile, by buffer: inout [UInt8]) -> Int {
        guard awaited[place].fd >= 0 else { return 0 }
        switch buffer.withUnsafeMutableBytes({ Pipe.read(awaited[place].fd, into: $0) }) {
        case .bytes(let count):
            file.append(buffer[..<count])
            return count
        case .empty: return 0
        case .over:
            awaited[place].fd = -1
            return 0
        }
    }
}
