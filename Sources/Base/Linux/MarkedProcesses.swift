import CLinux
import Glibc

/// The processes of commands, found by their marks.
public enum MarkedProcesses {
    /// How many are killed before their ends are waited for: each takes a descriptor meanwhile.
    private static let maximumAtOnce = 256

    /// Kills all processes whose mark is wanted, waits for their ends, and looks again until there is none.
    ///
    /// - Parameter nanoseconds: how long that may take at most.
    /// - Returns: whether none is left. One that has another user's rights may not be killed.
    @discardableResult
    public static func end(within nanoseconds: UInt64, where isWanted: (CommandMark) -> Bool) -> Bool {
        let deadline = Monotonic.now() + nanoseconds
        var spared: Set<Int32> = []
        repeat {
            var killed = kill(isWanted, sparing: &spared)
            if killed.isEmpty { return spared.isEmpty }
            awaitEnds(of: &killed, until: deadline)
        } while Monotonic.now() < deadline
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
            let now = Monotonic.now()
            if now < deadline { poll(&state, 1, Int32(clamping: (deadline - now) / 1_000_000 + 1)) }
            close(pidfd)
        }
        killed = []
    }
}
