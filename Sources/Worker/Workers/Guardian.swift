import Glibc
import Ledger
import Linux

/// Ends what others can't end any more: the rest of commands whose worker was killed or that were to end, and all
/// commands once the daemon has been killed. A process of its own, which neither of them takes with it.
struct Guardian {
    private let family: UInt32
    /// Removed with a daemon that was killed.
    private let directory: String?
    private var pending: Set<UInt32> = []
    private var isDismissed = false
    /// When it may look through the host's processes again.
    private var nextAt: UInt64 = 0

    /// How long ending processes may take at a time: the kernel may be slow to let one go.
    private static let passNanoseconds: UInt64 = 300_000_000
    /// Looking is followed by a pause of so many times the processor time that it took, in which requests gather: so it
    /// takes a fifth of a processor at most, however many commands are ended.
    private static let pauseFactor: UInt64 = 4
    /// However long a look takes, what is asked for in the pause is done in time.
    private static let longestPauseNanoseconds: UInt64 = 200_000_000
    /// How long a worker that dies with the daemon may hold up the directory's removal, and how often that is tried.
    private static let removalNanoseconds: UInt64 = 500_000_000
    private static let removalMilliseconds: Int32 = 5

    /// Nil where the arguments are none of the daemon's.
    init?(_ arguments: some Collection<String>) throws(SystemError) {
        guard let family = arguments.first.flatMap({ UInt32($0) }), family != 0 else { return nil }
        self.family = family
        directory = arguments.dropFirst().first
        try detach()
    }

    /// Lets go of all that the daemon's end, or its terminal's, could reach this process by.
    private func detach() throws(SystemError) {
        ThisProcess.setName("par-guardian")
        // Started below a command of another daemon, it has more to end than itself when that is ended.
        try ThisProcess.dropMark()
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE] { signal(number, SIG_IGN) }
        _ = chdir("/")
        let nothing = Descriptor(owning: try system("open", on: "/dev/null") { open("/dev/null", O_RDWR | O_CLOEXEC) })
        // What is held open here would keep its readers waiting.
        for descriptor in STDIN_FILENO...STDERR_FILENO { dup2(nothing.raw, descriptor) }
    }

    /// Does what it is asked until the daemon has no more use for it, or is gone.
    consuming func watch() throws(SystemError) {
        while true {
            let isGone = try awaitNews()
            takeRequests()
            if isGone, !isDismissed { return endAll() }
            if isDismissed || Monotonic.now() >= nextAt { endPending() }
            if isDismissed { return }
        }
    }

    /// Waits for a request, for the time to carry out those that are there, or for the daemon's end.
    ///
    /// - Returns: whether the daemon has ended.
    private func awaitNews() throws(SystemError) -> Bool {
        let pause = pending.isEmpty ? -1 : Monotonic.milliseconds(until: nextAt)
        var awaited = [
            pollfd(fd: GuardianProtocol.Inherited.daemon, events: Int16(POLLIN), revents: 0),
            pollfd(fd: GuardianProtocol.Inherited.requests, events: Int16(POLLIN), revents: 0),
        ]
        try system("poll") { poll(&awaited, 2, pause) }
        return awaited[0].revents != 0
    }

    private mutating func takeRequests() {
        var words = [UInt32](repeating: 0, count: 1024)
        while true {
            let count = words.withUnsafeMutableBytes { buffer in
                read(GuardianProtocol.Inherited.requests, buffer.baseAddress, buffer.count)
            }
            if count <= 0 { return }
            for word in words.prefix(count / MemoryLayout<UInt32>.size) {
                if word == GuardianProtocol.farewell { isDismissed = true } else { pending.insert(word) }
            }
        }
    }

    private mutating func endPending() {
        if pending.isEmpty { return }
        let start = ThreadCPU.now()
        MarkedProcesses.end(within: Self.passNanoseconds) { $0.family == family && pending.contains($0.command) }
        pending = []
        nextAt = Monotonic.now() + min((ThreadCPU.now() - start) * Self.pauseFactor, Self.longestPauseNanoseconds)
    }

    /// The daemon was killed, and its workers die with it: nothing of their commands is to be left.
    private func endAll() {
        MarkedProcesses.end(within: Self.passNanoseconds) { $0.family == family }
        if let directory { remove(directory) }
        // What was started while it was looking, under a number that it had passed.
        MarkedProcesses.end(within: Self.passNanoseconds) { $0.family == family }
    }

    private func remove(_ directory: String) {
        let deadline = Monotonic.now() + Self.removalNanoseconds
        // Under its first name it is there for a moment only.
        Folder.remove(Folder.unfinished(directory))
        while !Folder.remove(directory), Monotonic.now() < deadline { poll(nil, 0, Self.removalMilliseconds) }
    }
}
