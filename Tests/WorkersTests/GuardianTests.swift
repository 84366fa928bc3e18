import Glibc
import Ledger
import Linux
import Testing

/// The guardian as a program of its own, with a process that stands in for the daemon, and two marked commands.
private final class Guarded {
    let daemon: ProcessHandle
    let first: Command
    let second: Command
    private let requests: Descriptor
    private let guardian: ProcessHandle

    init(directory: String? = nil) throws {
        let family = CommandMark.newFamily()
        let stand = try Program(path: "/bin/sleep", arguments: ["1000"], environment: [], descriptors: []).spawn()
        daemon = try ProcessHandle(child: stand)
        first = try Self.command(CommandMark(family: family, command: 1))
        second = try Self.command(CommandMark(family: family, command: 2))
        let pipe = try Pipe()
        let arguments = [GuardianProtocol.flag, "\(family)"] + (directory.map { [$0] } ?? [])
        let program = Program(
            path: try Self.zygotePath(), arguments: arguments, environment: [],
            descriptors: [daemon.pidfd, pipe.reader.raw])
        guardian = try ProcessHandle(child: try program.spawn())
        requests = Descriptor(owning: pipe.release().writer)
    }

    deinit {
        first.signal(SIGKILL)
        second.signal(SIGKILL)
        daemon.kill()
        guardian.kill()
    }

    /// Beside the tests' own program.
    private static func zygotePath() throws -> String {
        let own = try #require(realpath("/proc/self/exe", nil))
        defer { free(own) }
        let path = String(cString: own)
        return path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + "parzygote"
    }

    private static func command(_ mark: CommandMark) throws -> Command {
        let nothing = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        var started: Command?
        var fault: (any Error)?
        withCStrings([]) { environment in
            withCStrings(["", "sleep", "1000"]) { words in
                do {
                    started = try Command(
                        Command.Start(
                            path: "/bin/sleep", arguments: words, environment: environment, directory: "/",
                            umask: 0o022, input: nothing.raw, output: nothing.raw, errors: nothing.raw, mark: mark))
                } catch {
                    fault = error
                }
            }
        }
        guard let command = started.take() else { throw fault ?? SystemError("clone", .current) }
        return command
    }

    /// Says words to the guardian.
    func say(_ words: [UInt32]) throws { try requests.append(words) }

    func awaitEnd(of handle: Int32) -> Bool {
        var state = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 10_000) == 1
    }

    /// Waits for the guardian's end.
    func exit() throws -> Exit? { awaitEnd(of: guardian.pidfd) ? try guardian.reap(waiting: true) : nil }

    func hasEnded(_ handle: Int32) -> Bool {
        var state = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) == 1
    }

    func end() throws {
        daemon.kill()
        _ = try daemon.reap(waiting: true)
    }
}

@Suite("The guardian", .serialized)
struct GuardianTests {
    @Test("ends the command that it is told of, and leaves with the farewell, after which nothing is ended")
    func told() throws {
        let guarded = try Guarded()
        try guarded.say([1])
        let isEnded = guarded.awaitEnd(of: guarded.first.pidfd)
        #expect(isEnded)
        try guarded.say([GuardianProtocol.farewell])
        let exit = try guarded.exit()
        #expect(exit == .code(0))
        let isOtherEnded = guarded.hasEnded(guarded.second.pidfd)
        #expect(!isOtherEnded)
    }

    @Test("ends what it was told of in one breath with the farewell")
    func last() throws {
        let guarded = try Guarded()
        try guarded.say([2, GuardianProtocol.farewell])
        let exit = try guarded.exit()
        let (isFirstEnded, isSecondEnded) = (
            guarded.hasEnded(guarded.first.pidfd), guarded.hasEnded(guarded.second.pidfd)
        )
        #expect(exit == .code(0) && !isFirstEnded && isSecondEnded)
    }

    @Test("ends every command of a daemon that was killed, and removes its directory")
    func killed() throws {
        var template = Array("/tmp/par-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { rmdir(directory) }
        let guarded = try Guarded(directory: directory)
        try guarded.end()
        let exit = try guarded.exit()
        let (isFirstEnded, isSecondEnded) = (
            guarded.hasEnded(guarded.first.pidfd), guarded.hasEnded(guarded.second.pidfd)
        )
        #expect(exit == .code(0) && isFirstEnded && isSecondEnded)
        #expect(access(directory, F_OK) != 0)
    }
}
