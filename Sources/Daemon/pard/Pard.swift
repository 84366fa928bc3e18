import ArgumentParser
import Control
import Daemon
import Glibc
import Linux
import ServiceLifecycle

/// Keeps thread pools and process pools warm.
struct Pard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pard",
        abstract: "Keep thread pools and process pools warm, and run jobs on them.",
        usage: "pard [--config <path>] [--shared] [--<setting> <value> ...]",
        discussion: """
            Runs in the foreground until SIGTERM or SIGINT, which let running jobs finish. Messages go to standard error.

            Settings are read from /etc/pard/pard.yaml by a daemon that serves all users, and from pard/pard.yaml in
            $XDG_CONFIG_HOME or ~/.config by one that serves its own. A variable of the environment
            (PARD_IDLE_TIME for idle-time) takes precedence over the file, and a flag over both. SIGHUP has the settings read again.

            SETTINGS (flags here, and under the same names in the file)
            \(settingsHelp)

            EXAMPLES
              pard --socket /tmp/pard.sock
              pard --socket /tmp/pard.sock --floor-threads 8 --floor-processes 0
              parctl --socket /tmp/pard.sock run io --threads 4

            EXIT STATUS
              0   told to stop, and stopped
              1   something went wrong that another start may mend
              64  wrong flags
              78  wrong settings
            """,
        version: "pard \(Version.current)")

    @ArgumentParser.Option(
        help: "Read settings from this file, a 'name: value' on each line (default: the one above, if it is there).")
    var config: String?

    @Flag(help: "Serve every user who may use the socket, rather than only the user that the daemon runs as.")
    var shared = false

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var settings: [String] = []

    @ArgumentParser.Option(
        name: [.customLong("owner-link"), .customLong("leash")],
        help: .init("Tell readiness on this descriptor, and stop when it hangs up.", visibility: .hidden))
    var ownerLink: Int32?

    @ArgumentParser.Option(
        name: .customLong("ready-link"),
        help: .init("Tell readiness on this descriptor, for parctl start.", visibility: .hidden))
    var readyLink: Int32?

    @ArgumentParser.Option(help: .init("Serve the socket that listens on this descriptor.", visibility: .hidden))
    var listener: Int32?

    @Flag(help: .init("Print the manual page of the settings, without its date.", visibility: .hidden))
    var settingsManual = false

    /// EX_CONFIG of sysexits.h: starting again doesn't help.
    private static let configurationFault: Int32 = 78

    mutating func validate() throws {
        do {
            try SettingsSource(flags: SettingsSource.flags(settings)).checkFlags()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() async throws {
        if settingsManual { return print(SettingsManual.text, terminator: "") }
        // What its tasks start may run as the same user, and is not to get at the ledger.
        try ThisProcess.denyInspection()
        // Whoever reads messages or replies may go away at any time.
        signal(SIGPIPE, SIG_IGN)
        // The ledger counts as a file. What commands and scripts may write is their callers' limit.
        ThisProcess.raiseFileSizeLimit()
        // Inherited as ignored, it would have the kernel reap workers before the daemon has seen how they ended.
        signal(SIGCHLD, SIG_DFL)
        let log = try DaemonLog()
        defer { log.finish() }
        // The command that a private daemon serves has the terminal to itself, unless something is wrong.
        let isPrivate = ownerLink != nil && log.target == .standardError
        let logger = log.logger("pard", level: isPrivate ? .warning : .info)
        let environment = Variables.ownValues
        let place = SettingsPlace(isShared: shared, isPrivate: ownerLink != nil, environment: environment)
        let source = SettingsSource(
            flags: try SettingsSource.flags(settings), environment: environment, file: config ?? place.file,
            isFileRequired: config != nil,
            isShared: shared)
        let zygotePath = try InstalledProgram.path(of: InstalledProgram.name)
        let libraryZygotePath = try InstalledProgram.path(of: InstalledProgram.libraryName)
        // Nothing but runs of Python needs it.
        let pythonLibraryPath = try? InstalledProgram.path(of: InstalledProgram.pythonLibrary)
        let (ownerLink, readyLink, listener) = (ownerLink, readyLink, listener)
        let read: @Sendable () throws -> Configuration = {
            let values = try source.read()
            var configuration = try Configuration(
                values, on: .current(), socketPath: values.text(.socket) ?? place.socket, zygotePath: zygotePath,
                libraryZygotePath: libraryZygotePath, isShared: source.isShared)
            configuration.ownerLink = ownerLink
            configuration.readyLink = readyLink
            configuration.pythonLibraryPath = pythonLibraryPath
            configuration.listener = listener
            return configuration
        }
        let configuration: Configuration
        do {
            configuration = try read()
        } catch let error as SettingError {
            logger.critical("\(error)")
            throw ExitCode(Self.configurationFault)
        }
        if listener == nil, configuration.socketPath == place.socket { place.makeDirectory() }
        // A private daemon has nothing to read again: hanging up ends it.
        let daemon = Daemon(configuration, reread: ownerLink == nil ? read : nil, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: ownerLink == nil ? [] : [.sighup], logger: logger))
        let stop = try Stop(group, patience: configuration.stopNanoseconds)
        stop.takeSignals()
        if let ownerLink { try OwnerLink(ownerLink).whenDropped { stop.demand() } }
        try await group.run()
    }
}

/// The settings, as they stand in the help.
private var settingsHelp: String {
    Setting.all.map { setting in
        let option = setting.option
        return "  \(setting.flag) <\(option.kind.rawValue)>\(option.value.map { ", usually \($0)" } ?? "")\n"
            + "      \(option.summary)"
    }.joined(separator: "\n")
}
