import Glibc

/// What a process can't take over from another one, however alike they are made: its rights, and the part of the system that it sees.
public enum Surroundings {
    /// This process's, each by what it is called. Where the system doesn't tell, it is not there.
    public static var ofThisProcess: [String: String] {
        var found: [String: String] = [:]
        for (file, name) in namespaces {
            if let link = link("/proc/self/ns/\(file)") { found[name] = link }
        }
        var root = stat()
        if stat("/", &root) == 0 { found["root directory"] = "\(root.st_dev):\(root.st_ino)" }
        guard let bytes = try? readFile("/proc/self/status", atMost: 1 << 16) else { return found }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            guard let name = members[String(decoding: line[..<colon], as: UTF8.self)] else { continue }
            let words = line[(colon + 1)...].split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
            let text = words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
            found[name] = name.hasSuffix("capabilities") ? withoutAlarms(text) : text
        }
        return found
    }

    /// What is different in `other`; nil where nothing is.
    public static func difference(_ own: [String: String], _ other: [String: String]) -> String? {
        for name in names where own[name] != other[name] || own[name] == nil { return name }
        return nil
    }

    private static let namespaces = [
        ("mnt", "mount namespace"), ("user", "user namespace"), ("pid", "process namespace"),
        ("net", "network namespace"), ("ipc", "IPC namespace"), ("uts", "host name namespace"),
        ("cgroup", "cgroup namespace"), ("time", "time namespace"),
    ]
    /// Of /proc/PID/status.
    private static let members = [
        "Uid": "user", "Gid": "group", "Groups": "supplementary groups", "CapPrm": "permitted capabilities",
        "CapEff": "effective capabilities", "CapBnd": "bounding set of capabilities", "NoNewPrivs": "no_new_privs",
        "Seccomp": "seccomp",
    ]
    private static let names = namespaces.map(\.1) + ["root directory"] + members.values.sorted()

    /// A set of capabilities without CAP_WAKE_ALARM: a session of systemd's has it or not by how the user has logged in, and it does
    /// nothing but set timers.
    private static func withoutAlarms(_ text: String) -> String {
        UInt64(text, radix: 16).map { String($0 & ~(1 << 35), radix: 16) } ?? text
    }

    private static func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
            guard let text = buffer.baseAddress else { return nil }
            let count = readlink(path, text, 127)
            guard count > 0 else { return nil }
            text[count] = 0
            return String(cString: text)
        }
    }
}
