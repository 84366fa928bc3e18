import Glibc

/// Time since the host was started, that spent asleep included: the clock in which the kernel says when processes began.
public enum BootTime {
    /// Nanoseconds.
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
    }
}

/// A process group, by a number that somebody else has told.
public struct ProcessGroup: Sendable {
    public let number: Int32

    public init(_ number: Int32) {
        self.number = number
    }

    /// Whether the group can be one that a child of this process has made, for what it started, after `time` in
    /// ``BootTime``: it is in this process's session and not this process's own, and whoever of it can be seen is as young.
    ///
    /// The child may have ended, and the group's first process, too.
    public func isMade(after time: UInt64) -> Bool {
        guard number > 1, number != getpgrp(), number != getppid(), exists else { return false }
        let own = getsid(0)
        let leader = getsid(number)
        if leader >= 0 {
            guard leader == own, getpgid(number) == number else { return false }
            // Not to be seen where it runs as somebody else, or can't be read: then the session has to do.
            return ProcessStat(number).map { $0.isAsYoung(as: time) } ?? true
        }
        // The first one is gone. Its number is no other process's while the group is there.
        let members = ProcessStat.all.filter { $0.group == number }
        return !members.isEmpty && members.allSatisfy { $0.session == own && $0.isAsYoung(as: time) }
    }

    private var exists: Bool { kill(-number, 0) == 0 }

    /// Kills all of it.
    public func end() {
        kill(-number, SIGKILL)
    }
}

/// What /proc tells of a process.
private struct ProcessStat {
    let group: Int32
    let session: Int32
    /// In ticks after the host's start.
    private let startTicks: UInt64

    /// Nil where there is no such process, or it can't be seen.
    init?(_ pid: Int32) {
        let file = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(file, &buffer, buffer.count)
        // pid (name) state parent group session … start: a name may have anything in it but its end is the last one.
        guard count > 0, let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = buffer[(end + 1)..<count].split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard fields.count > 19, let group = Int32(fields[2]), let session = Int32(fields[3]),
            let startTicks = UInt64(fields[19])
        else { return nil }
        self.group = group
        self.session = session
        self.startTicks = startTicks
    }

    /// Those of all processes that can be seen.
    static var all: [ProcessStat] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [ProcessStat] = []
        while let entry = readdir(folder) {
            let pid = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { Int32(String(cString: $0)) }
            }
            if let pid, let stat = ProcessStat(pid) { found.append(stat) }
        }
        return found
    }

    /// The kernel counts whole ticks only.
    func isAsYoung(as time: UInt64) -> Bool {
        let tick = 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return (startTicks &+ 1) &* tick >= time
    }
}
