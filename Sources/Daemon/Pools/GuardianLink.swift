import Glibc
import Ledger
import Linux
import Synchronization

/// The daemon's end of its guardian: starts it, starts another should it end, and tells it what is to be ended.
final class GuardianLink: Sendable {
    private let program: Program
    /// Both ends are held here, so that requests outlive a guardian.
    private let requests: Pipe
    private let isOver: Descriptor
    private let own: Descriptor
    private let thread = Mutex<SystemThread?>(nil)
    private let current = Atomic<Int32>(0)

    /// How long the guardian's end is waited for when it is told to.
    private static let patienceMilliseconds: Int32 = 1000
    /// How long after one has ended, or could not be started, another is started; doubled each time, up to the second.
    private static let pauseMilliseconds: Int32 = 50
    private static let longestPauseMilliseconds: Int32 = 10_000

    /// - Parameter directory: removed by the guardian should this process be killed.
    init(program path: String, environment: Variables, family: UInt32, directory: String?) throws(SystemError) {
        let requests = try Pipe()
        // A guardian that is stopped holds up nobody.
        try system("fcntl") { fcntl(requests.writer.raw, F_SETFL, O_NONBLOCK) }
        let own = try ThisProcess.openHandle()
        program = Program(
            path: path, arguments: [GuardianProtocol.flag, String(family)] + (directory.map { [$0] } ?? []),
            environment: environment, descriptors: [own.raw, requests.reader.raw])
        self.requests = requests
        self.own = own
        isOver = try .event()
    }

    /// The guardian's pid; 0 while there is none.
    var pid: Int32 { current.load(ordering: .relaxed) }

    /// Where workers tell the guardian what is to be ended.
    var descriptor: Int32 { requests.writer.raw }

    /// Starts the guardian, and keeps one there from now on.
    func start(notice: @escaping @Sendable (Supervisor.Notice) -> Void) throws(SystemError) {
        // Before anything is there that it would have to end.
        let first = spawn(notice)
        let thread = try SystemThread(named: "par-guardian") { [self] in
            var process = first
            var pause = Self.pauseMilliseconds
            while !awaitEnd(of: process) {
                if process > 0 { notice(.trouble("the guardian has ended, and is replaced")) }
                if isOver(within: pause) { return }
                pause = min(pause * 2, Self.longestPauseMilliseconds)
                process = spawn(notice)
            }
        }
        self.thread.withLock { $0 = thread }
    }

    /// Has all that is left of a command be killed, soon.
    func end(_ command: UInt32) {
        send(command)
    }

    /// Tells the guardian that no command is left and none will be started, and waits for its end.
    func dismiss() {
        // First, so that its end is not taken for an early one.
        ring(isOver.raw)
        send(GuardianProtocol.farewell)
        thread.withLock { $0.take() }?.join()
    }

    private func send(_ word: UInt32) {
        var word = word
        _ = write(requests.writer.raw, &word, MemoryLayout<UInt32>.size)
    }

    /// - Returns: the pid; 0 where it could not be started.
    private func spawn(_ notice: @Sendable (Supervisor.Notice) -> Void) -> Int32 {
        do {
            let pid = try program.spawn()
            current.store(pid, ordering: .relaxed)
            return pid
        } catch {
            notice(
                .trouble("the guardian can't be started, and commands may be left if this process is killed: \(error)"))
            return 0
        }
    }

    /// Waits until the guardian has ended and reaps it, or until it is to be waited for no more: it may end later, then.
    ///
    /// - Returns: whether there is to be no other one.
    private func awaitEnd(of process: Int32) -> Bool {
        var ends = [isOver.raw, -1].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        do {
            guard process > 0 else { return isOver(within: 0) }
            let guardian = try ProcessHandle(child: process)
            ends[1].fd = guardian.pidfd
            try system("poll") { poll(&ends, 2, -1) }
            let isOver = ends[0].revents != 0
            ends[0].fd = -1
            if isOver, try system("poll", { poll(&ends, 2, Self.patienceMilliseconds) }) == 0 {
                // It still has processes to end, which nobody else would, and leaves by itself afterwards.
                try guardian.signal(SIGCONT)
                return true
            }
            _ = try guardian.reap()
            return isOver
        } catch {
            // It ended at once, and the supervisor has reaped it, as it reaps all that it doesn't know.
            return isOver(within: 0)
        }
    }

    /// Waits until the guardian is to be waited for no more.
    private func isOver(within milliseconds: Int32) -> Bool {
        var state = pollfd(fd: isOver.raw, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, milliseconds) > 0
    }
}
