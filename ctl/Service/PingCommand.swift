import ArgumentParser

/// `parctl ping`: asks the daemon for a sign of life and tells how long it took.
struct PingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Ask the daemon for a sign of life, and tell how long the answer took.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try Query(subject: .ping, json: output.json, service: service.values).run()
    }
}
