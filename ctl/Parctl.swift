import ArgumentParser
import Control

/// The root of the command line. `@OptionGroup` here as in each command lets the common options stand on both sides of
/// the command's name.
struct Parctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parctl",
        abstract: "Run tasks on warm pools of threads and processes, and see where the time went.",
        discussion: """
            EXAMPLES:
              parctl run io --threads 4
              parctl run cpu --processes 2 --cold
              parctl run noop --tasks 1000000 --threads 2 --json
              parctl run exec --threads 4 gzip -k {} ::: *.log
              parctl compare cpu --workers 2,4 --html comparison.html
              parctl pools
              parctl pools resize threads 8
              parctl history --since today --summary

            \(ExitStatus.help)
            """,
        version: "parctl \(Version.current)",
        subcommands: [
            RunCommand.self, CompareCommand.self, PingCommand.self, StatusCommand.self, PoolsCommand.self,
            JobsCommand.self,
            CancelCommand.self, HistoryCommand.self, LogsCommand.self,
            WorkloadsCommand.self, VersionCommand.self, CompletionsCommand.self,
        ])

    @OptionGroup var service: ServiceOptions
}
