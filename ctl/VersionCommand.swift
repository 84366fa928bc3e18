import ArgumentParser
import Control

/// `parctl version`: this program's version, and the daemon's where there is one.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the version of parctl, and of the daemon if one is running.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    /// The `--json` document.
    struct Answer: Encodable {
        var parctl: String
        /// Nil, and then left out, where no daemon is running.
        var pard: String?
    }

    func run() throws {
        let answer = Answer(parctl: Version.current, pard: try daemonVersion())
        if output.json {
            try StandardOutput.write(json: answer)
        } else {
            let style = service.values.style
            try StandardOutput.write(
                "parctl \(answer.parctl)\n" + (answer.pard.map { "pard \(style.clean($0))\n" } ?? ""))
        }
    }

    /// Nil where no daemon is running: that is no failure here, unless the user named its socket.
    private func daemonVersion() throws(CommandError) -> String? {
        do {
            return try service.values.call(GetStatus.method, as: GetStatus.Reply.self).version
        } catch {
            if case .found = service.values.choice, error.status == .unreachable { return nil }
            throw error
        }
    }
}
