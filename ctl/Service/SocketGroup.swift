import Glibc
import Linux

/// The group whose members may connect to a socket.
///
/// `/etc/group` is read as it is, since getgrgid(3) loads libraries, which a fully static program can't.
struct SocketGroup: Equatable {
    /// Its name; its number where the file has none for it.
    let name: String
    /// Whether the user is in it by now, though not yet where this program was started.
    let hasUser: Bool

    /// The group of the socket at `path`, if all that is missing is to be in it; nil where that is not so, and where it is
    /// root's or the owner's own: a private daemon's socket is for nobody else, whatever its mode says.
    init?(of path: String) {
        var info = stat()
        guard stat(path, &info) == 0, info.st_mode & S_IWGRP != 0, !Self.own.contains(info.st_gid),
            Self.isForOthers(info.st_gid, owner: info.st_uid)
        else { return nil }
        self.init(info.st_gid, user: Environment.value("USER"), groups: Self.text(of: "/etc/group"))
    }

    /// - Parameter groups: lines such as `pard:x:998:alice,bob` (group(5)).
    init(_ number: gid_t, user: String?, groups: String) {
        let rows = groups.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let row = rows.first { $0.count == 4 && gid_t($0[2]) == number }
        name = row.map { String($0[0]) } ?? "\(number)"
        let members = row?[3].split(separator: ",").map(String.init) ?? []
        hasUser = user.map(members.contains) ?? false
    }

    /// Whether a group is one that people join: neither root's nor that of one user alone.
    static func isForOthers(_ group: gid_t, owner: uid_t, users: String = text(of: "/etc/passwd")) -> Bool {
        guard group != 0 else { return false }
        // name:password:uid:gid:... (passwd(5)).
        return !users.split(separator: "\n").contains { row in
            let parts = row.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count > 3 && parts[2] == "\(owner)" && parts[3] == "\(group)" && owner != 0 && owner == group
        }
    }

    /// What to do about it.
    var advice: String {
        hasUser
            ? "you have joined the group '\(name)' since you logged in: log in again"
            : "members of the group '\(name)' may; join it with "
                + "'sudo usermod -aG \(name) \(Environment.value("USER") ?? "NAME")' and log in again; without a socket "
                + "named, 'parctl start' starts a daemon of your own"
    }

    /// The groups that this process is in.
    private static var own: [gid_t] {
        var groups = [gid_t](repeating: 0, count: 1 << 16)
        let count = getgroups(Int32(groups.count), &groups)
        return groups.prefix(Int(max(count, 0))) + [getegid()]
    }

    /// The longest file of groups that is read, in bytes.
    private static let fileBytes = 16 << 20

    /// A file's text; empty where it can't be read.
    private static func text(of path: String) -> String {
        (try? readFile(path, atMost: fileBytes)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
