import ArgumentParser
import Bytes
import Glibc
import Report

/// The options that every command takes, before its name or after.
struct ServiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket.",
            discussion:
                "Otherwise $PARD_SOCKET, or the first of $XDG_RUNTIME_DIR/pard/pard.sock and /run/pard/pard.sock. Where "
                + "none is named and none is there, commands that run something start a private daemon.",
            valueName: "path"),
        completion: .file())
    var socket: String?

    @Flag(
        name: .customLong("no-spawn"),
        help: "Don't start a private daemon where none is running.")
    var noSpawn = false

    @Option(help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"))
    var color: ColorChoice = .auto

    var values: Service { Service(socket: socket, noSpawn: noSpawn, color: color) }
}

/// `--json`, for the commands that print data.
struct JSONOption: ParsableArguments {
    @Flag(
        name: .customLong("json"),
        help: "Print one JSON document, with times in nanoseconds and sizes in bytes: on one line unless on a terminal."
    )
    var json = false
}

extension ColorChoice: ExpressibleByArgument {}

/// Where the daemon is and how to speak to people: the values of the options that every command takes.
struct Service: Equatable {
    /// The socket that was named, if any.
    var socket: String?
    /// Whether no private daemon may be started.
    var noSpawn = false
    var color: ColorChoice = .auto

    /// How they are spelled; see ``ServiceOptions``.
    static let words: [OptionWord<Service>] = [
        .value("socket") { $0.socket = $1 },
        .flag("no-spawn") { $0.noSpawn = true },
        .value("color") { $0.color = try Choice.read($1) },
    ]

    var choice: SocketChoice {
        SocketChoice(option: socket, variable: Environment.value) { access($0.cBytes, F_OK) == 0 }
    }

    /// What standard output can show.
    var style: TextStyle { Terminal(STDOUT_FILENO, color: color).style }

    /// Connects to the chosen socket.
    func connect(patience: Duration = DaemonConnection.patience) throws(CommandError) -> DaemonConnection {
        switch choice {
        case .named(let path), .found(let path?, _): return try DaemonConnection(to: path, patience: patience)
        case .found(nil, let places): throw .noDaemon(places: places)
        }
    }

    /// Connects, makes one call and returns its reply.
    func call<Answer: Decodable>(
        _ method: String, _ parameters: some Encodable, as: Answer.Type = Answer.self
    ) throws(CommandError) -> Answer {
        var connection = try connect()
        return try connection.call(method, parameters, as: Answer.self)
    }

    /// Connects, makes one call without parameters and returns its reply.
    func call<Answer: Decodable>(
        _ method: String, patience: Duration = DaemonConnection.patience, as: Answer.Type = Answer.self
    ) throws(CommandError) -> Answer {
        var connection = try connect(patience: patience)
        return try connection.call(method, text: Array("{}".utf8), as: Answer.self)
    }
}

extension Service {
    /// Hands `body` a connection to whatever daemon there is, or else to a private one that lives as long as `body` does.
    ///
    /// Signals are taken from when on there is a connection, or a daemon to take away: before, they end this program at once.
    func withDaemon(_ body: (inout DaemonConnection, Signals) throws -> Void) throws {
        if var connection = try reachable() {
            return try body(&connection, try .ofUser())
        }
        guard let program = DaemonFinder.pard() else {
            throw CommandError.privateDaemon("there is no 'pard' beside parctl or in $PATH")
        }
        StandardError.write("parctl: no daemon is running: starting a private one for this command\n")
        let signals = try Signals.ofUser()
        let daemon = try PrivateDaemon.start(program: program, signals: signals)
        do {
            try serve(daemon.socketPath, signals, body)
        } catch {
            daemon.stop(signals)
            throw error
        }
        daemon.stop(signals)
    }

    /// The connection is closed when this returns: before its daemon is told to stop.
    private func serve(
        _ socketPath: String, _ signals: Signals, _ body: (inout DaemonConnection, Signals) throws -> Void
    ) throws {
        var connection = try DaemonConnection(to: socketPath)
        try body(&connection, signals)
    }

    /// Whatever daemon there is; nil where there is none and a private one may be started.
    private func reachable() throws -> DaemonConnection? {
        let choice = choice
        do {
            return try connect()
        } catch {
            guard !noSpawn, choice.allowsSpawning(after: error) else { throw error }
            return nil
        }
    }
}

extension SocketChoice {
    /// Whether a private daemon may stand in after `failure` to connect: only where the user named no socket, and
    /// nobody is there.
    func allowsSpawning(after failure: CommandError) -> Bool {
        guard case .found = self else { return false }
        return switch failure {
        case .noDaemon: true
        case .client(.unreachable(_, let number)): number == ENOENT || number == ECONNREFUSED
        default: false
        }
    }
}

/// Which socket to connect to.
enum SocketChoice: Equatable {
    /// The user said it, by option or variable: there or nowhere.
    case named(String)
    /// Nobody said it: the first of `places` that exists, or nil.
    case found(String?, places: [String])

    /// The socket of the daemon that serves all users.
    static let shared = "/run/pard/pard.sock"

    /// Where the user's own is on a host that has no directory for such; nil where somebody else has taken the place.
    static var own: String? {
        let folder = "/tmp/pard-\(getuid())"
        var status = stat()
        if lstat(folder, &status) != 0 { return errno == ENOENT ? "\(folder)/pard.sock" : nil }
        let isOwn = status.st_uid == getuid() && status.st_mode & S_IFMT == S_IFDIR && status.st_mode & 0o022 == 0
        return isOwn ? "\(folder)/pard.sock" : nil
    }

    /// Chooses by `--socket`, `$PARD_SOCKET`, and then the first existing of the user's and the system's socket.
    init(option: String?, variable: (String) -> String?, exists: (String) -> Bool) {
        if let path = option ?? variable("PARD_SOCKET") {
            self = .named(path)
            return
        }
        let user =
            variable("XDG_RUNTIME_DIR").map { "\($0)/pard/pard.sock" } ?? Self.own.flatMap { exists($0) ? $0 : nil }
        let places = [user, Self.shared].compactMap(\.self)
        self = .found(places.first(where: exists), places: places)
    }
}
