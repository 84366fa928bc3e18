import ArgumentParser
import Catalogue
import Control

/// `parctl run`: runs a workload's tasks on the daemon's workers and prints the receipt.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run tasks on warm workers, and show where the time went.",
        usage: "parctl run <workload> [<workload's options>] [<options>]",
        discussion: RunHelp.discussion,
        // Own help flag, so that 'parctl run io --help' can be the help of io.
        helpNames: [])

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("The workload and its own options.", valueName: "workload"),
        completion: .custom(Completion.words))
    var words: [String] = []

    @ArgumentParser.Option(
        help: ArgumentHelp("Run on n threads; with --processes, n threads in each.", valueName: "n"),
        transform: Count.positive)
    var threads: Int?

    @ArgumentParser.Option(help: ArgumentHelp("Run on n processes.", valueName: "n"), transform: Count.positive)
    var processes: Int?

    @Flag(help: "Run one task after the other on one worker.")
    var serial = false

    @ArgumentParser.Option(
        help: ArgumentHelp(
            "Start new workers for this run: alone, it starts threads or forks processes; =exec starts programs.",
            valueName: "how"))
    var cold: Cold?

    @ArgumentParser.Option(
        help: ArgumentHelp("How many tasks (default: four for each worker).", valueName: "m"), transform: Count.positive
    )
    var tasks: Int?

    @ArgumentParser.Option(
        help: ArgumentHelp(
            "Give up after this time, such as 500ms or 30s (0: never); with exec, native and python, the time of each task.",
            valueName: "time"),
        transform: Count.nanoseconds)
    var timeout: Int?

    @ArgumentParser.Option(
        help: ArgumentHelp(
            "Start no more tasks once N have failed: soon,fail=N; now,fail=N also ends those that are running.",
            valueName: "when"),
        transform: Halt.option)
    var halt: Halt?

    @Flag(help: "Print every task's record after the receipt; with --json, as its 'records'.")
    var records = false

    @OptionGroup var charts: ChartOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var service: ServiceOptions

    @Flag(name: [.customShort("h"), .customLong("help")], help: "Show this help; after a workload, that workload's.")
    var help = false

    /// What was typed, without the options that ask for help.
    var invocation: RunInvocation {
        RunInvocation(
            words: words, threads: threads, processes: processes, serial: serial, cold: cold, tasks: tasks,
            timeout: timeout, halt: halt, records: records, charts: charts.values, json: output.json,
            service: service.values)
    }

    func run() throws {
        if help { return try WorkloadHelp.show(words, else: RunCommand.self, service.values) }
        try invocation.run()
    }
}

extension Cold: ExpressibleByArgument {}
