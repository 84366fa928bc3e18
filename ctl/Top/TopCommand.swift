import ArgumentParser
import Catalogue
import Control
import Glibc
import Linux
import Report

/// `parctl top`: pools, jobs and what has been run just now, live.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch the daemon: pools, workers, jobs, rates and times of what it runs.",
        discussion: """
            Rates and times are of the last 10 seconds. Times are medians and 99th percentiles, known to about a digit. \
            Where standard output is no terminal, one picture is printed, as with --once.

            KEYS:
              q      end
              s      sort the jobs by something else: age, workers, tasks, done, workload, user
              r      sort them the other way round
              space  look at once

            EXAMPLES:
              parctl top
              parctl top --once
              parctl top --json --interval 5s | jq -c '.work'
            """)

    @OptionGroup var service: ServiceOptions

    @ArgumentParser.Option(
        help: ArgumentHelp("How long to wait between two looks, from 100ms to 1h.", valueName: "duration"),
        transform: Self.interval)
    var interval: Int = 2_000_000_000

    @ArgumentParser.Option(help: "Sort jobs by age, workers, tasks, done, workload or user.")
    var sort: TopOrder = .age

    @Flag(help: "Look twice, an interval apart, print what there is, and end.")
    var once = false

    @Flag(
        name: .customLong("json"),
        help: "Print a JSON document for each interval, or one with --once; times in nanoseconds, sizes in bytes.")
    var json = false

    private static let intervalRange = 100_000_000...3_600_000_000_000

    @Sendable
    private static func interval(_ text: String) throws -> Int {
        guard let time = Quantity.nanoseconds(text), intervalRange.contains(time) else {
            throw ValidationError("'\(text)' is no duration from 100ms to 1h, such as 500ms or 2s")
        }
        return time
    }

    func run() throws {
        let values = service.values
        let connection = try values.connect()
        let terminal = Terminal(STDOUT_FILENO, color: values.color)
        let isLive = terminal.redraws && !once && !json
        var session = TopSession(
            connection, interval: interval, order: sort, shape: isLive ? .live : json ? .json : .text,
            isOnce: once || (!json && !isLive), color: values.color)
        try session.run()
    }
}

extension TopOrder: ExpressibleByArgument {}
