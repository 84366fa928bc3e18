import ArgumentParser

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

    var values: Service { Service(socket: socket, noSpawn: noSpawn, color: color) }
}

/// `--json`, for the commands that print data.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print one JSON document: on one line unless standard output is a terminal.")
    var json = false
}

extension ColorChoice: ExpressibleByArgument {}
