import Linux

/// How often the system has killed a process of this one's cgroup for want of memory, as the memory controller counts it.
struct MemoryKills: Sendable {
    private let path: String?
    private let files: @Sendable (String) -> String?

    /// - Parameter files: a file's text; nil where there is none.
    init(files: @escaping @Sendable (String) -> String?) {
        let cgroup = Cgroup(
            membership: files("/proc/self/cgroup") ?? "", mountinfo: files("/proc/self/mountinfo") ?? "")
        // Version 2 has it in the first of these files, version 1 in the second.
        let places = cgroup.directories(of: "memory").prefix(1).flatMap {
            ["\($0)/memory.events", "\($0)/memory.oom_control"]
        }
        path = places.first { files($0) != nil }
        self.files = files
    }

    /// Nil where that can't be told.
    var count: Int? {
        guard let path, let text = files(path) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
        return line.flatMap { Int($0.dropFirst("oom_kill ".count)) }
    }

    /// Those of this process.
    static func current() -> MemoryKills {
        MemoryKills { path in (try? readFile(path, atMost: fileBytes)).map { String(decoding: $0, as: UTF8.self) } }
    }

    private static let fileBytes = 16 << 20
}
