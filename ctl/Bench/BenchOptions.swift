import ArgumentParser
import Linux
import Report

/// On which workers a bench runs.
struct BenchWorkers: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Threads, one number or several with commas between (without any of these: as many as there are processors, "
                + "and as many processes).", valueName: "n,…"),
        transform: WorkerCounts.init)
    var threads: WorkerCounts?

    @Option(
        help: ArgumentHelp("Processes, likewise.", valueName: "n,…"), transform: WorkerCounts.init)
    var processes: WorkerCounts?

    @Flag(help: "Also one task after the other.")
    var serial = false

    @Option(
        help: ArgumentHelp(
            "How speed grows with workers: 1..8, or threads:1..8 or processes:1..8. Of many numbers, some are tried.",
            valueName: "range"),
        transform: { text in try BenchFault.told { () throws(BenchFault) in try Sweep(text) } })
    var sweep: Sweep?

    @Flag(name: .customLong("no-cold"), help: "Leave the cold runs out.")
    var noCold = false

    func arms(isExec: Bool) throws -> [Arm] {
        if let sweep {
            guard threads == nil, processes == nil else {
                throw BenchFault("--sweep says how many workers there are: leave --threads and --processes out")
            }
            let modes = isExec && sweep.modes.count > 1 ? [.threads] : sweep.modes
            return (serial ? [Arm(.serial, workers: 1)] : []) + sweep.arms.filter { modes.contains($0.mode) }
        }
        var arms = serial ? [Arm(.serial, workers: 1)] : []
        arms += (threads?.counts ?? []).map { Arm(.threads, workers: $0) }
        arms += (processes?.counts ?? []).map { Arm(.processes, workers: $0) }
        if arms.isEmpty {
            let processors = Processors.available
            arms.append(Arm(.threads, workers: processors))
            // A command is a process anyway.
            if !isExec { arms.append(Arm(.processes, workers: processors)) }
        }
        var seen: Set<Arm> = []
        return arms.filter { seen.insert($0).inserted }
    }
}

/// What is the same for each run of many.
struct EachRunOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many tasks in each run (default: four for each worker of the largest).", valueName: "m"),
        transform: Count.positive)
    var tasks: Int?

    @Option(
        help: ArgumentHelp("Give a run up after this time, such as 500ms or 30s.", valueName: "time"),
        transform: Count.nanoseconds)
    private var timeout: Int?

    /// In nanoseconds; nil for none.
    var timeLimit: Int? { timeout == 0 ? nil : timeout }
}

/// How often and how long.
struct BenchRounds: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("How many rounds, 1 to \(BenchExtent.maximumRounds).", valueName: "n"),
        transform: { text in
            let number = try Count.positive(text)
            guard number <= BenchExtent.maximumRounds else {
                throw ValidationError("it takes 1 to \(BenchExtent.maximumRounds).")
            }
            return number
        })
    var runs: Int?

    @Option(
        help: ArgumentHelp("Begin rounds for this long, such as 30s.", valueName: "time"), transform: Count.nanoseconds)
    var time: Int?

    @Option(
        name: [.customShort("w"), .customLong("warmup")],
        help: ArgumentHelp("Warm every pool up with so many runs (default: 1).", valueName: "n"),
        transform: Count.orNone)
    var warmup = 1

    @OptionGroup var each: EachRunOptions

    @Option(
        help: ArgumentHelp(
            "Open loop: begin so many tasks a second, whether or not the ones before have ended, and tell how late they were "
                + "done after the moment at which they should have begun.", valueName: "tasks/s"),
        transform: { text in
            guard let rate = Double(text), rate >= 0.001, rate <= 100_000 else {
                throw ValidationError("it takes tasks a second, 0.001 to 100000.")
            }
            return rate
        })
    var rate: Double?

    mutating func validate() throws {
        guard runs == nil || time == nil else { throw ValidationError("Give -r or --time, not both.") }
        guard warmup <= BenchExtent.maximumRounds else {
            throw ValidationError("--warmup takes up to \(BenchExtent.maximumRounds).")
        }
    }

    var extent: BenchExtent { runs.map(BenchExtent.rounds) ?? time.map(BenchExtent.time) ?? .usual }
}

/// What is varied beside workers, and what is run around the runs.
struct BenchFactors: ParsableArguments {
    @Option(
        name: .customLong("scan"),
        help: ArgumentHelp(
            "Go through values of one of the workload's options, or of {NAME} in a command. May be given several times.",
            valueName: "option=v,…"),
        transform: { text in try BenchFault.told { () throws(BenchFault) in try Scan(list: text) } })
    var lists: [Scan] = []

    @Option(
        name: .customLong("scan-range"),
        help: ArgumentHelp(
            "Likewise through numbers, such as iterations=1000..5000:1000.", valueName: "option=from..to[:step]"),
        transform: { text in try BenchFault.told { () throws(BenchFault) in try Scan(range: text) } })
    var ranges: [Scan] = []

    @Option(
        name: [.customShort("n"), .customLong("name")],
        help: ArgumentHelp("What to call a command or a value; given for each of them.", valueName: "name"))
    var names: [String] = []

    @Option(help: ArgumentHelp("What the others are compared with (default: the first).", valueName: "name"))
    var reference: String?

    @Option(
        help: ArgumentHelp(
            "Run this before the first run of each, by /bin/sh; {OPTION} is what is scanned.", valueName: "command"))
    var setup: String?

    @Option(help: ArgumentHelp("Run this before every run; its time is not counted.", valueName: "command"))
    var prepare: String?

    @Option(help: ArgumentHelp("Run this after every run.", valueName: "command"))
    var conclude: String?

    @Option(help: ArgumentHelp("Run this after the last run of each.", valueName: "command"))
    var cleanup: String?

    @Flag(name: .customLong("show-output"), help: "Show on standard error what commands and functions print.")
    var showOutput = false

    @Flag(name: [.customShort("i"), .customLong("ignore-failure")], help: "Count runs with failed tasks like others.")
    var ignoreFailure = false

    var scans: [Scan] {
        get throws {
            let all = lists + ranges
            for (index, scan) in all.enumerated() where all[..<index].contains(where: { $0.option == scan.option }) {
                throw BenchFault("'\(scan.option)' is scanned twice")
            }
            return all
        }
    }

    var hooks: BenchHooks { BenchHooks(setup: setup, prepare: prepare, conclude: conclude, cleanup: cleanup) }
}

/// What a bench shows, and where.
struct BenchShown: ParsableArguments {
    @Flag(help: "Show every phase of the runs.")
    var phases = false

    @Flag(help: "Show means with their deviation, and processor times (user and system of commands).")
    var mean = false

    @Flag(help: "The fastest first.")
    var sort = false

    @Flag(help: "Print the figures as CSV, with times in nanoseconds.")
    var csv = false

    @Flag(help: "Print the tables as Markdown.")
    var markdown = false

    @Option(
        help: ArgumentHelp("Write the plots as an SVG picture ('-': to standard output).", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var svg: String?

    @Option(
        help: ArgumentHelp(
            "Write one self-contained page: tables, histograms, break-even, scaling.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?

    @Option(
        name: .customLong("export-json"),
        help: ArgumentHelp("Write what --json prints into a file as well.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var exportJSON: String?

    @Option(
        name: .customLong("export-csv"), help: ArgumentHelp("Likewise CSV.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var exportCSV: String?

    @Option(
        name: .customLong("export-markdown"), help: ArgumentHelp("Likewise Markdown.", valueName: "file"),
        completion: .file(extensions: ["md"]))
    var exportMarkdown: String?

    @Option(
        name: .customLong("export-asciidoc"), help: ArgumentHelp("Likewise AsciiDoc.", valueName: "file"),
        completion: .file(extensions: ["adoc"]))
    var exportAsciidoc: String?

    /// The files, by what goes into them.
    var files: [(kind: BenchFiles.Kind, path: String)] {
        [
            (.svg, svg), (.html, html), (.json, exportJSON), (.csv, exportCSV), (.markdown, exportMarkdown),
            (.asciidoc, exportAsciidoc),
        ].compactMap { kind, path in path.map { (kind, $0) } }
    }

    /// The option that prints data for programs, or a file that is standard output; nil where people read that.
    func data(json: Bool) throws(CommandError) -> String? {
        let paths = files.map(\.path)
        let given =
            [(json, "--json"), (csv, "--csv"), (markdown, "--markdown")].filter(\.0).map(\.1)
            + paths.filter { $0 == "-" }
        guard given.count < 2 else {
            throw .usage(
                "\(given[0]) and \(given[1]) both write to standard output: give one a file",
                help: BenchCommand.helpCommand)
        }
        guard !paths.contains("") else { throw .usage("a file has a name", help: BenchCommand.helpCommand) }
        for (index, path) in paths.enumerated() where paths[..<index].contains(path) {
            throw .usage("two things can't be written to '\(path)'", help: BenchCommand.helpCommand)
        }
        return given.first
    }

    /// Whether texts for people go to standard error: where data, or a file, has standard output.
    func takesOutput(_ data: String?) -> Bool {
        data == "-" || data == "--json" || data == "--csv" || data == "--markdown"
    }

    func table(_ bench: Bench, _ style: TextStyle) -> BenchTable {
        BenchTable(bench, style: style, showsPhases: phases, showsMeans: mean, sortsByTime: sort)
    }
}

extension BenchFault {
    /// What `body` returns; its fault as the parser of options tells one.
    static func told<Value>(_ body: () throws(BenchFault) -> Value) throws -> Value {
        do throws(BenchFault) { return try body() } catch { throw ValidationError(error.text) }
    }
}
