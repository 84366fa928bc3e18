import ArgumentParser
import Control
import Glibc
import Report

/// `parctl ping`: asks the daemon for a sign of life and tells how long it took.
struct PingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Ask the daemon for a sign of life, and tell how long the answer took.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    /// The `--json` document.
    struct Answer: Encodable {
        var socket: String
        /// Nanoseconds from call to reply on an open connection.
        var roundTrip: Int

        enum CodingKeys: String, CodingKey {
            case socket
            case roundTrip = "round_trip"
        }
    }

    func run() throws {
        var connection = try service.connect()
        let start = Clock.now
        _ = try connection.call(Ping.method, Empty(), as: Empty.self)
        let answer = Answer(socket: connection.path, roundTrip: Clock.now - start)
        if output.json {
            try StandardOutput.write(json: answer)
        } else {
            try StandardOutput.write(
                Self.text(socket: answer.socket, nanoseconds: answer.roundTrip, look: service.look))
        }
    }

    /// What a person reads.
    static func text(socket: String, nanoseconds: Int, look: Look) -> String {
        "pard answers at \(socket) in \(Units.duration(nanoseconds, unicode: look.unicode))\n"
    }
}
