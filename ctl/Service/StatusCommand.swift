import ArgumentParser
import Control
import Report

/// `parctl status`: the daemon's state, counts and limits.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the daemon's state, its workers and jobs, and its limits.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let status = try service.call(GetStatus.method, as: GetStatus.Reply.self)
        if output.json {
            try StandardOutput.write(json: status)
        } else {
            try StandardOutput.write(StatusText(status, look: service.look).text)
        }
    }
}
