import ArgumentParser
import Glibc
import Linux

/// The options of the commands that read the journal.
struct JournalOptions: ParsableArguments {
    @Flag(name: .customLong("user"), help: "Your own daemon's entries.")
    var user = false

    @Flag(name: .customLong("system"), help: "The system daemon's entries.")
    var system = false

    @Option(help: ArgumentHelp("The daemon's unit.", valueName: "name"))
    var unit = "pard.service"

    // What follows is the value even if it looks like an option: '-1h' is a time.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Only what is newer: 'today', '-1h', '2026-11-23 18:00', or whatever else systemd.time(7) knows.",
            valueName: "time"))
    var since: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Only what is older.", valueName: "time"))
    var until: String?

    @Option(
        name: [.customShort("n"), .customLong("lines")],
        help: ArgumentHelp("Only this many, the newest ones.", valueName: "count"), transform: Count.positive)
    var lines: Int?

    mutating func validate() throws {
        guard !(user && system) else { throw ValidationError("Give --user or --system, not both.") }
    }

    /// - Parameter service: says which daemon is meant where no option does.
    func scope(_ service: ServiceOptions) -> JournalScope {
        JournalScope(
            user: user, system: system, socket: service.values.choice, uid: getuid(),
            runtimeDirectory: Environment.value("XDG_RUNTIME_DIR"))
    }

    /// Whether only some of what there is is asked for.
    var isFiltered: Bool { since != nil || until != nil }

    /// The words for `journalctl`.
    ///
    /// - Parameter defaultLines: how many entries are enough where nothing says which ones are wanted; nil for all.
    func words(defaultLines: Int?) -> [String] {
        let count = lines ?? (since == nil && until == nil ? defaultLines : nil)
        return [since.map { "--since=\($0)" }, until.map { "--until=\($0)" }, count.map { "--lines=\($0)" }]
            .compactMap(\.self)
    }
}

/// Whose daemon's entries to look for: the user's own one, or the system's.
///
/// Entries are told apart by fields that the journal itself adds and no program can forge.
enum JournalScope: Equatable {
    case user(UInt32)
    case system

    /// Chooses by `--user` and `--system`; else by where the socket is; else the system's for root, the user's for others.
    init(user: Bool, system: Bool, socket: SocketChoice, uid: UInt32, runtimeDirectory: String?) {
        let path: String? =
            switch socket {
            case .named(let path): path
            case .found(let path, _): path
            }
        if user {
            self = .user(uid)
        } else if system || path?.hasPrefix("/run/pard/") == true {
            self = .system
        } else if let runtimeDirectory, path?.hasPrefix(runtimeDirectory + "/") == true {
            self = .user(uid)
        } else {
            self = uid == 0 ? .system : .user(uid)
        }
    }

    /// What `journalctl` is to look for: whatever a program of this name and owner has written.
    func matches(unit: String) -> [String] {
        switch self {
        case .user(let uid): ["_UID=\(uid)"]
        case .system: ["_SYSTEMD_UNIT=\(unit)"]
        }
    }

    /// The same for everything that is logged about a unit, also by the service manager.
    func unitOption(_ unit: String) -> String {
        switch self {
        case .user: "--user-unit=\(unit)"
        case .system: "--unit=\(unit)"
        }
    }

    /// Throws ``CommandError/journal(_:)`` where there are journals that hold such entries and this user may read none.
    /// `journalctl` would show nothing and end well.
    func checkAccess() throws(CommandError) {
        let files = JournalFiles.ofThisMachine()
        let own: [String] =
            switch self {
            case .user(let uid): files.user(uid)
            case .system: []
            }
        let wanted = (own + files.system).filter { access($0, F_OK) == 0 || errno == EACCES }
        guard !wanted.isEmpty, !wanted.contains(where: { access($0, R_OK) == 0 }) else { return }
        let whose =
            switch self {
            case .user: "your own runs are in the system's journal, which you may not read"
            case .system: "you may not read the system's journal"
            }
        throw .journal(
            "\(whose): members of the group 'systemd-journal' (or 'adm') may; "
                + "join it with 'sudo usermod -aG systemd-journal \(Environment.value("USER") ?? "NAME")' and log in again"
        )
    }
}

extension JournalScope {
    /// Says on standard error why there may be nothing to show, or throws ``CommandError/journal(_:)`` where there is no
    /// journal at all.
    ///
    /// - Parameters:
    ///   - things: what was looked for: `runs` or `entries`.
    ///   - isFiltered: whether only some of them were asked for.
    func explainNothing(_ things: String, isFiltered: Bool) throws(CommandError) {
        guard JournalFiles.ofThisMachine().areAny else {
            throw .journal(
                "there is no journal on this host, neither in /var/log/journal nor in /run/log/journal: systemd-journald keeps "
                    + "it, and only a pard that systemd has started writes to it")
        }
        let (whose, others) =
            switch self {
            case .user: ("your own daemon", "--system shows those of the system's daemon")
            case .system: ("the system's daemon", "--user shows those of your own daemon")
            }
        StandardError.write(
            "parctl: the journal has no \(things) of \(whose)\(isFiltered ? " that match" : ""). A daemon that was started by "
                + "hand, or for one command, writes none there. \(others).\n")
    }
}

/// Where the journal keeps its files (systemd-journald.service(8)).
struct JournalFiles {
    /// One for the disk and one for memory; none on a machine without an ID.
    let directories: [String]

    static func ofThisMachine() -> JournalFiles {
        guard let file = fopen("/etc/machine-id", "re") else { return JournalFiles(directories: []) }
        defer { fclose(file) }
        var digits = [UInt8](repeating: 0, count: 32)
        guard fread(&digits, 1, 32, file) == 32 else { return JournalFiles(directories: []) }
        let id = String(decoding: digits, as: UTF8.self)
        return JournalFiles(directories: ["/var/log/journal/\(id)", "/run/log/journal/\(id)"])
    }

    /// Whether there is any.
    var areAny: Bool {
        directories.contains { directory in Folder.names(in: directory).contains { $0.hasSuffix(".journal") } }
    }

    var system: [String] { directories.map { "\($0)/system.journal" } }

    func user(_ uid: UInt32) -> [String] { directories.map { "\($0)/user-\(uid).journal" } }
}
