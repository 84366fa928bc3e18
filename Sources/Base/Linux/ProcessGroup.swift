import CLinux
import Glibc

/// Process groups, as /proc shows them.
public enum ProcessGroup {
    /// Somebody of the group who has not ended, its leader aside, which may be a zombie; nil where there is nobody. Looks at
    /// all processes of the host.
    public static func member(of group: Int32) -> ProcessHandle? {
        for name in Folder.names(in: "/proc") {
            guard let pid = Int32(name), pid != group, isMember(pid, of: group) else { continue }
            let pidfd = par_pidfd_open(pid)
            guard pidfd >= 0 else { continue }
            let handle = ProcessHandle(pid: pid, owning: Descriptor(owning: pidfd))
            // Until it was opened, the number may have become another's.
            if isMember(pid, of: group) { return handle }
        }
        return nil
    }

    /// Whether a process that has not ended is of the group.
    private static func isMember(_ pid: Int32, of group: Int32) -> Bool {
        guard let (state, own) = look(pid) else { return false }
        return own == Int(group) && ![UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(state)
    }

    /// The letter of a process's state, and its group; nil where there is no such process.
    fileprivate static func look(_ pid: Int32) -> (state: UInt8, group: Int)? {
        let file = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { line in
            guard let text = line.baseAddress else { return nil }
            let count = read(file, text, 511)
            guard count > 0 else { return nil }
            text[count] = 0
            // The name, in brackets, may hold anything, brackets too; behind it come state, parent and group.
            guard let bracket = strrchr(text, Int32(UInt8(ascii: ")"))), bracket[1] != 0 else { return nil }
            var rest: UnsafeMutablePointer<CChar>?
            _ = strtol(bracket + 3, &rest, 10)
            return rest.map { (UInt8(bitPattern: bracket[2]), strtol($0, nil, 10)) }
        }
    }
}

extension ProcessHandle {
    /// Whether the process is stopped by a signal, no matter whose child it is.
    public var standsStill: Bool { ProcessGroup.look(pid)?.state == UInt8(ascii: "T") }

    /// Whether the process has neither ended nor been stopped.
    public var isRunning: Bool {
        guard let state = ProcessGroup.look(pid)?.state else { return false }
        return !"TtZX".utf8.contains(state)
    }
}
