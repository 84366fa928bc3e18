import ArgumentParser
import Control
import Glibc
import Report

/// `parctl compare`: runs the same tasks serially, on threads and on processes, and says what is faster.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare serial, threads and processes on the same tasks.",
        usage: "parctl compare <workload> [<workload's options>] [<options>]",
        discussion: """
            Every arm runs once to warm its workers up; then once in each round, and once more on fresh workers for what \
            their start-up costs. Rounds begin with another arm each. The speed-up is that over serial, round by round, with \
            an interval that holds the true median in 95 of 100 such comparisons, whatever the times' distribution. \
            That takes 6 rounds or more.

            EXAMPLES:
              parctl compare cpu
              parctl compare io --size 1MiB --workers 2,4,8 -r 20
              parctl compare cpu --no-cold --timeline
              parctl compare exec gzip -kc {} ::: *.log
              parctl compare sleep --for 5ms --html comparison.html
              parctl compare cpu --json > comparison.json

            EXIT STATUS: 0, or as of 'parctl run' for the worst of the runs; their results are printed all the same.
            """,
        // Own help flag, as with run.
        helpNames: [])

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("The workload and its own options.", valueName: "workload"),
        completion: .custom(Completion.words))
    var words: [String] = []

    @Option(
        help: ArgumentHelp(
            "Numbers of workers to compare, with commas between (default: \(WorkerCounts.default)).", valueName: "n,…"),
        transform: WorkerCounts.init)
    var workers = WorkerCounts.default

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("How many rounds, 1 to \(Self.maximumRuns) (default: 10).", valueName: "n"),
        transform: { text in
            let number = try Count.positive(text)
            guard number <= Self.maximumRuns else { throw ValidationError("it takes 1 to \(Self.maximumRuns).") }
            return number
        })
    var runs = 10

    @OptionGroup var each: EachRunOptions

    @Flag(name: .customLong("no-cold"), help: "Leave the cold runs out.")
    var noCold = false

    @Flag(help: "Print the table as CSV, with times in nanoseconds.")
    var csv = false

    @Flag(help: "Print the table as Markdown.")
    var markdown = false

    @OptionGroup var charts: ChartOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var service: ServiceOptions

    @Flag(name: [.customShort("h"), .customLong("help")], help: "Show this help; after a workload, that workload's.")
    var help = false

    /// An hour of runs of two seconds.
    static let maximumRuns = 1000
    /// The options, without their dashes; told to people who mistype one.
    static let options = [
        "workers", "runs", "tasks", "timeout", "no-cold", "csv", "markdown", "json", "timeline", "svg", "html", "trace",
        "socket", "no-spawn", "color", "help",
    ]
    /// The workloads' options of this program that say what tasks are given.
    private static let inputOptions: Set<String> = [
        "arg-file", "null", "shell", "from", "header", "delimiter", "eof", "colsep", "trim", "no-run-if-empty", "link",
        "max-args", "repeat-words", "many", "many-in-place", "max-chars", "replace", "plus", "arg-sep", "arg-file-sep",
        "quote",
    ]
    private static let helpCommand = "parctl compare --help"

    func run() throws {
        if help { return try WorkloadHelp.show(words, else: CompareCommand.self, service.values) }
        let words = try CommandWords.read(
            words, in: Environment.directory, command: "compare", options: Self.options,
            offer: WorkloadOffer(service.values))
        for name in words.client.names.sorted() where !Self.inputOptions.contains(name) {
            if let text = StrangeOption.text(name, command: "compare", isExec: true) {
                throw words.fault("--\(name) is for a run: \(text)")
            }
            throw words.fault("--\(name) is for a run: a comparison runs the same several times and prints no output")
        }
        for option in Self.optionsBehindMark(words.operands) {
            StandardError.write(
                "parctl: '\(CommandError.clean(option))' comes after ':::', so it is taken for an argument; options of "
                    + "parctl come before the command\n")
        }
        let inputs = try RunInputs(words, tasks: each.tasks)
        let data = try dataOption()
        try charts.values.check(data: data, help: Self.helpCommand)
        let tasks = inputs.count ?? each.tasks ?? 4 * workers.largest
        guard tasks > 0 else { throw words.fault("there is nothing to run it on") }
        let plan = ComparePlan(
            words: words, inputs: inputs,
            arms: Arm.matrix(workers.counts),
            rounds: runs, tasks: tasks,
            timeout: each.timeLimit, isCold: !noCold, records: charts.values.needRecords)
        _ = try MadeFolders(for: words)
        var exports = try Exports(charts.values)
        var session = CompareSession(plan, terminal: Terminal(STDERR_FILENO, color: service.values.color))
        try service.values.withDaemon { connection, signals in
            try session.run(on: &connection, signals)
            // A private daemon ends by itself when this process does.
            signals.release()
        }
        var attempts = Attempts()
        attempts.make {
            try show(
                session.comparison,
                people: Audience(isBesideData: charts.values.takeStandardOutput, color: service.values.color))
        }
        if charts.values.needRecords {
            draw(session, isBesideData: data != nil || charts.values.takeStandardOutput, &exports, &attempts)
        }
        try attempts.check()
        if let status = session.status { throw status }
    }

    /// Words behind a mark of arguments that look like options of a comparison.
    static func optionsBehindMark(_ words: [String]) -> [String] {
        guard let mark = words.firstIndex(where: { $0 == ":::" || $0 == ":::+" }) else { return [] }
        return words[mark...].filter { word in
            word == "-r" || (word.hasPrefix("--") && options.contains(String(word.dropFirst(2).prefix { $0 != "=" })))
        }
    }

    /// The option that prints data for programs, if any; throws where there are two.
    private func dataOption() throws(CommandError) -> String? {
        let given = [(output.json, "--json"), (csv, "--csv"), (markdown, "--markdown")].filter(\.0).map(\.1)
        guard given.count < 2 else {
            throw .usage("\(given[0]) and \(given[1]) can't both be printed", help: Self.helpCommand)
        }
        return given.first
    }

    private func show(_ comparison: Comparison, people: Audience) throws(CommandError) {
        if output.json {
            try StandardOutput.write(json: ComparisonData(comparison))
        } else if csv {
            try StandardOutput.write(ComparisonData(comparison).csv)
        } else if markdown {
            try StandardOutput.write(ComparisonTable(comparison, style: people.style).markdown)
        } else {
            try people.write(ComparisonTable(comparison, style: people.style).text)
        }
    }

    private func draw(
        _ session: CompareSession, isBesideData: Bool, _ exports: inout Exports, _ attempts: inout Attempts
    ) {
        let people = Audience(isBesideData: isBesideData, color: service.values.color)
        let drawn = session.drawn
        if let kind = charts.timeline {
            attempts.make {
                try people.write(
                    "\n" + TimelineText(drawn.runs, by: kind, style: people.style, rows: people.rows).text)
            }
        }
        attempts.make {
            try exports.write(
                Page(of: session.comparison, runs: drawn.runs, chosen: drawn.chosen, note: LocalTime.now))
        }
    }
}

/// The numbers of workers that `--workers` takes.
struct WorkerCounts: Equatable, CustomStringConvertible {
    let counts: [Int]

    static let `default` = WorkerCounts(counts: [2, 4])
    /// How many numbers there may be.
    static let most = 16
    /// The largest one: more than any host has, and far from overflow in what is made of it.
    static let maximumWorkers = 1 << 20

    private init(counts: [Int]) {
        self.counts = counts
    }

    /// - Parameter text: such as `2,4,8`.
    init(_ text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= Self.most else { throw ValidationError("it takes at most \(Self.most) numbers.") }
        counts = try parts.map { part in
            let number = try Count.positive(String(part))
            guard number <= Self.maximumWorkers else {
                throw ValidationError("it takes numbers of at most \(Self.maximumWorkers).")
            }
            return number
        }
    }

    var largest: Int { counts.max() ?? 1 }
    var description: String { counts.map(String.init).joined(separator: ",") }
}
