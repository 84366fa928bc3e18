import CLinux
import Glibc

/// What the processes of one command are known by, whatever they do: a number in a limit that the kernel has no use for.
///
/// It is the soft RLIMIT_LOCKS of getrlimit(2), without effect since Linux 2.4.25. Each process inherits it: a session or
/// group of its own, an empty environment and another parent change nothing about it. Everybody may read it in
/// proc_pid_limits(5).
public struct CommandMark: Sendable, Hashable {
    /// The daemon's own number, from ``newFamily()``.
    public let family: UInt32
    /// Counts the daemon's commands.
    public let command: UInt32

    public init(family: UInt32, command: UInt32) {
        self.family = family
        self.command = command
    }

    /// A number that hardly any other daemon of this host has.
    public static func newFamily() -> UInt32 { .random(in: 1..<1 << 31) }

    var value: UInt64 { UInt64(family) << 32 | UInt64(command) }

    /// The mark of a process; nil where it has none, or where there is no such process. One that has ended keeps it until
    /// it is reaped.
    public init?(of pid: Int32) {
        let file = open("/proc/\(pid)/limits", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.fileBytes + 1) { table in
            guard let text = table.baseAddress else { return UInt64(0) }
            let count = read(file, text, Self.fileBytes)
            guard count > 0 else { return 0 }
            text[count] = 0
            guard let line = strstr(text, Self.label) else { return 0 }
            // 0 for `unlimited`.
            return UInt64(strtoull(line + strlen(Self.label), nil, 10))
        }
        guard value >> 63 == 0, value >> 32 != 0 else { return nil }
        self.init(family: UInt32(value >> 32), command: UInt32(truncatingIfNeeded: value))
    }

    /// More than the kernel's table of sixteen limits has.
    private static let fileBytes = 4096
    /// In that table, before the soft limit.
    private static let label = "Max file locks"
}

extension ThisProcess {
    /// Has this process belong to no command, though one may have started it.
    public static func dropMark() throws(SystemError) {
        try kernel("prlimit") { par_set_mark(0) }
    }
}

/// The processes of commands, found by their marks.
public enum MarkedProcesses {
    /// How many are killed before their ends are waited for: each takes a descriptor meanwhile.
    private static let maximumAtOnce = 256
    /// How often it is looked at least, however late: who was held up in between finds what has been started meanwhile.
    private static let leastLooks = 3

    /// Kills all processes whose mark is wanted, waits for their ends, and looks again until there is none.
    ///
    /// - Parameter nanoseconds: how long that may take at most.
    /// - Returns: whether none is left. One that has another user's rights may not be killed.
    @discardableResult
    public static func end(within nanoseconds: UInt64, where isWanted: (CommandMark) -> Bool) -> Bool {
        let deadline = Monotonic.now() + nanoseconds
        var spared: Set<Int32> = []
        var looks = 0
        repeat {
            looks += 1
            var killed = kill(isWanted, sparing: &spared)
            if killed.isEmpty { return spared.isEmpty }
            awaitEnds(of: &killed, until: deadline)
        } while Monotonic.now() < deadline || looks < leastLooks
        return false
    }

    /// Goes once through all processes of the host.
    ///
    /// - Returns: the pidfds of those that were killed.
    private static func kill(_ isWanted: (CommandMark) -> Bool, sparing spared: inout Set<Int32>) -> [Int32] {
        var killed: [Int32] = []
        for name in Folder.names(in: "/proc") {
            guard let pid = Int32(name), let mark = CommandMark(of: pid), isWanted(mark), !spared.contains(pid) else {
                continue
            }
            let pidfd = par_pidfd_open(pid)
            guard pidfd >= 0 else { continue }
            // Until it was opened, the number may have become another's.
            guard CommandMark(of: pid) == mark, !hasEnded(pidfd) else {
                close(pidfd)
                continue
            }
            if par_pidfd_send_signal(pidfd, SIGKILL) < 0 {
                spared.insert(pid)
                close(pidfd)
                continue
            }
            killed.append(pidfd)
            if killed.count == maximumAtOnce { return killed }
        }
        return killed
    }

    private static func hasEnded(_ pidfd: Int32) -> Bool {
        var state = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) == 1
    }

    /// Waits until all have ended and closes their pidfds.
    private static func awaitEnds(of killed: inout [Int32], until deadline: UInt64) {
        for pidfd in killed {
            var state = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
            poll(&state, 1, Monotonic.milliseconds(until: deadline))
            close(pidfd)
        }
        killed = []
    }
}
