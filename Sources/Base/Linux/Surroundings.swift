import Glibc

/// What a process can't take over from another one, however alike they are made: its rights, and the part of the system that it sees.
public enum Surroundings {
    /// One of them.
    public typealias Item = (name: String, text: String)

    /// This process's, each by what it is called, in the order of the names. Where the system doesn't tell, it is not there.
    ///
    /// No dictionary, whose first use in a process takes longer than all the rest.
    public static var ofThisProcess: [Item] {
        var found: [Item] = []
        for (file, name) in namespaces {
            if let link = link("/proc/self/ns/\(file)") { found.append((name, link)) }
        }
        var root = stat()
        if stat("/", &root) == 0 { found.append(("root directory", "\(root.st_dev):\(root.st_ino)")) }
        if let bytes = try? readFile("/proc/self/status", atMost: 1 << 16) { addMembers(of: bytes, to: &found) }
        return found.sorted { $0.name < $1.name }
    }

    private static func addMembers(of status: [UInt8], to found: inout [Item]) {
        for line in status.split(separator: UInt8(ascii: "\n")) {
            for (member, name) in members where line.starts(with: member.utf8) {
                let text = line.dropFirst(member.utf8.count).map { $0 == UInt8(ascii: "\t") ? UInt8(ascii: " ") : $0 }
                let words = String(decoding: text, as: UTF8.self)
                found.append((name, name.hasSuffix("capabilities") ? withoutAlarms(words) : words))
            }
        }
    }

    /// What is different in `other`; nil where nothing is.
    public static func difference(_ own: [Item], _ other: [Item]) -> String? {
        func text(_ name: String, _ items: [Item]) -> String? { items.first { $0.name == name }?.text }
        return names.first { text($0, own) != text($0, other) || text($0, own) == nil }
    }

    private static let namespaces = [
        ("mnt", "mount namespace"), ("user", "user namespace"), ("pid", "process namespace"),
        ("net", "network namespace"), ("ipc", "IPC namespace"), ("uts", "host name namespace"),
        ("cgroup", "cgroup namespace"), ("time", "time namespace"),
    ]
    /// Of /proc/PID/status.
    private static let members = [
        ("Uid:\t", "user"), ("Gid:\t", "group"), ("Groups:\t", "supplementary groups"),
        ("CapPrm:\t", "permitted capabilities"), ("CapEff:\t", "effective capabilities"),
        ("CapBnd:\t", "bounding set of capabilities"), ("NoNewPrivs:\t", "no_new_privs"), ("Seccomp:\t", "seccomp"),
    ]
    private static let names = namespaces.map(\.1) + ["root directory"] + members.map(\.1)

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
