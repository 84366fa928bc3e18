import ArgumentParser
import Control
import Glibc
import Report

/// The options that every command takes, before its name or after.
struct ServiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket.",
            discussion:
                "Otherwise $PARD_SOCKET, or the first of $XDG_RUNTIME_DIR/pard/pard.sock and /run/pard/pard.sock. Where "
                + "none is named and none is there, 'run' and 'compare' start a private daemon.",
            valueName: "path"),
        completion: .file())
    var socket: String?

    @Flag(
        name: .customLong("no-spawn"),
        help: "Don't let 'run' and 'compare' start a private daemon where none is running.")
    var noSpawn = false

    @Option(help: ArgumentHelp("Colours: auto, always or never.", valueName: "when"))
    var color: ColorChoice = .auto

    var choice: SocketChoice {
        SocketChoice(option: socket, variable: Environment.value) { access($0, F_OK) == 0 }
    }

    /// What standard output can show.
    var look: Look { Terminal(STDOUT_FILENO, color: color).look }

    /// Connects to the chosen socket.
    func connect() throws(Failure) -> Connection {
        switch choice {
        case .named(let path), .found(let path?, _): return try Connection(to: path)
        case .found(nil, let places): throw .noDaemon(places: places)
        }
    }

    /// Connects, makes one call and returns its reply.
    func call<Answer: Decodable>(
        _ method: String, _ parameters: some Encodable = Empty(), as: Answer.Type = Answer.self
    ) throws(Failure) -> Answer {
        var connection = try connect()
        return try connection.call(method, parameters, as: Answer.self)
    }
}

/// `--json`, for the commands that print data.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print one JSON document: on one line unless standard output is a terminal.")
    var json = false
}
