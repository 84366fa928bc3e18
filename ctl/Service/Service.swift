import Glibc
import Report

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
        SocketChoice(option: socket, variable: Environment.value) { access($0, F_OK) == 0 }
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
