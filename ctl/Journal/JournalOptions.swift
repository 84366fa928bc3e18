import ArgumentParser
import Glibc

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
        help: ArgumentHelp("Only so many, the newest ones.", valueName: "count"), transform: Count.positive)
    var lines: Int?

    mutating func validate() throws {
        guard !(user && system) else { throw ValidationError("--user and --system exclude each other.") }
    }

    /// - Parameter service: says which daemon is meant where no option does.
    func scope(_ service: ServiceOptions) -> JournalScope {
        JournalScope(
            user: user, system: system, socket: service.values.choice, uid: getuid(),
            runtimeDirectory: Environment.value("XDG_RUNTIME_DIR"))
    }

    /// The words for `journalctl`.
    ///
    /// - Parameter defaultLines: how many entries are enough where nothing says which ones are wanted; nil for all.
    func words(defaultLines: Int?) -> [String] {
        let count = lines ?? (since == nil && until == nil ? defaultLines : nil)
        return [since.map { "--since=\($0)" }, until.map { "--until=\($0)" }, count.map { "--lines=\($0)" }]
            .compactMap(\.self)
    }
}
