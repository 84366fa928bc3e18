import ArgumentParser

/// `parctl status`: the daemon's state, counts and limits.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the daemon's state, its workers and jobs, and its limits.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try Query(subject: .status, json: output.json, service: service.values).run()
    }
}
