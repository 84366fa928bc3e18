import ArgumentParser
import Catalogue
import Control
import Glibc
import Linux
import Report

/// `parctl bench`: what starting workers costs, what keeping them warm saves, and how many of them are worth having.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure what pools cost, warm and cold, and how speed grows with workers.",
        usage: "parctl bench [<workload>] [<workload's options>] [<options>]",
        discussion: """
            Every round runs the same tasks once on warm workers and once on cold ones, of each arrangement: fresh threads or \
            forks, and programs started anew, with their interpreter where they have one. Rounds begin with another one each. \
            Start-up is in no figure of tasks. Medians have an interval that holds the true one in 95 of 100 such benches, \
            whatever the times' distribution; that takes 6 rounds or more. Outliers are counted and named, and left in. \
            Without a workload, 'noop' shows the cost of the pool alone.

            Without -r or --time there are 10 to 30 rounds, in about ten seconds.

            EXAMPLES:
              parctl bench io --threads 4 --processes 4
              parctl bench --threads 1,4,16 --no-cold
              parctl bench python ./mine.py:work --json-items --processes 2 1 2 3
              parctl bench cpu --sweep 1..8
              parctl bench io --scan size=4KiB,64KiB,1MiB --threads 4
              parctl bench exec 'gzip -c {}' 'zstd -c {}' ::: *.log
              parctl bench exec --scan level=1,6,9 'gzip -{level} -c {}' ::: *.log
              parctl bench cpu --threads 2 --save-baseline main
              parctl bench cpu --threads 2 --baseline main --fail-if-slower 5%
              parctl bench sleep --for 2ms --threads 4 --rate 500 --time 10s
              parctl bench io --html bench.html --export-json bench.json

            EXIT STATUS: 0; 1 if some run had failed tasks, or with --fail-if-slower if some cell is surely slower; otherwise \
            as of 'parctl run'.
            """,
        // Own help flag, as with run.
        helpNames: [])

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            "The workload and its own options; for exec, one command or several quoted ones.", valueName: "workload"),
        completion: .custom(Completion.words))
    var words: [String] = []

    @OptionGroup(title: "Workers") var workers: BenchWorkers
    @OptionGroup(title: "Rounds") var rounds: BenchRounds
    @OptionGroup(title: "What is varied, and what is run around it") var factors: BenchFactors
    @OptionGroup(title: "What is shown") var shown: BenchShown
    @OptionGroup(title: "Baselines") var baselines: BenchBaselines
    @OptionGroup var output: JSONOption
    @OptionGroup var service: ServiceOptions

    @Flag(name: [.customShort("h"), .customLong("help")], help: "Show this help; after a workload, that workload's.")
    var help = false

    /// The options that take a value, without their dashes, beside those of other commands.
    static let valued = [
        "sweep", "time", "warmup", "scan", "scan-range", "setup", "prepare", "conclude", "cleanup", "name", "reference",
        "export-json", "export-csv", "export-markdown", "export-asciidoc", "save-baseline", "baseline",
        "fail-if-slower",
        "rate",
    ]
    /// All of them; told to people who mistype one.
    static let options =
        valued + [
            "threads", "processes", "serial", "no-cold", "runs", "tasks", "timeout", "show-output", "ignore-failure",
            "sort",
            "phases", "mean", "csv", "markdown", "any-host", "json", "svg", "html", "socket", "no-spawn", "color",
            "help",
        ]
    static let helpCommand = "parctl bench --help"

    func run() throws {
        if help { return try WorkloadHelp.show(words, else: BenchCommand.self, service.values) }
        let data = try shown.data(json: output.json)
        let plan = try plan()
        if let rate = rounds.rate { return try run(plan, rate: rate) }
        var files = try BenchFiles(shown)
        let baseline = try baselines.read()
        var session = BenchSession(plan, terminal: Terminal(STDERR_FILENO, color: service.values.color))
        let throttles = Throttling()
        try service.values.withDaemon { connection, signals in
            try session.run(on: &connection, signals)
            // A private daemon ends by itself when this process does.
            signals.release()
        }
        let bench = plan.bench(
            session.experiment, command: Self.title(plan, session),
            warnings: HostDoubts(session.hostBefore, throttles: throttles).sentences)
        let people = Audience(isBesideData: data != nil && shown.takesOutput(data), color: service.values.color)
        var attempts = Attempts()
        attempts.make { try show(bench, data, people) }
        attempts.make { try files.write(bench, style: people.style) }
        attempts.make { try baselines.save(bench) }
        try attempts.check()
        let verdict = try baselines.compare(bench, with: baseline, people)
        if let status = session.status { throw status }
        if verdict == .slower { throw ExitStatus.failed }
    }

    /// What ran, as receipts tell it: without what is nobody's business, such as a URL's password.
    static func title(_ plan: BenchPlan, _ session: BenchSession) -> String {
        let name = plan.variants[0].words.definition.name
        guard plan.variants.count == 1 else { return name }
        return session.experiment.rounds.first?.values.first?.command ?? name
    }

    private func show(_ bench: Bench, _ data: String?, _ people: Audience) throws(CommandError) {
        switch data {
        case "--json": try StandardOutput.write(json: BenchData(bench))
        case "--csv": try StandardOutput.write(BenchData(bench).csv)
        case "--markdown": try StandardOutput.write(shown.table(bench, people.style).markdown)
        default: try people.write(shown.table(bench, people.style).text)
        }
    }

    // MARK: The plan

    func plan() throws -> BenchPlan {
        do {
            return try readPlan()
        } catch let fault as BenchFault {
            throw CommandError.usage(fault.text, help: Self.helpCommand)
        }
    }

    private func readPlan() throws -> BenchPlan {
        let lists = try BenchWordLists(words, scans: try factors.scans, service.values)
        let isExec = lists.definition.input == .command
        let arms = try workers.arms(isExec: isExec)
        let largest = arms.map(\.workers).max() ?? 1
        let wanted = rounds.each.tasks ?? 4 * min(largest, 64)
        var variants: [BenchPlan.Variant] = []
        let names = factors.names
        guard names.isEmpty || names.count == lists.all.count else {
            throw BenchFault(
                "there are \(lists.all.count) variants, and \(names.count) names: give -n for each or none")
        }
        for (index, list) in lists.all.enumerated() {
            let words = try CommandWords.read(
                list.words, in: Environment.directory, command: "bench", options: Self.options, offer: lists.offer)
            let inputs = try RunInputs(words, tasks: rounds.each.tasks)
            let tasks = inputs.count ?? wanted
            guard tasks > 0 else { throw words.fault("there is nothing to run it on") }
            _ = try MadeFolders(for: words)
            variants.append(
                BenchPlan.Variant(
                    words: words, inputs: inputs,
                    shown: Bench.Variant(
                        name: names.isEmpty ? list.name : names[index], values: list.values, tasks: tasks)))
        }
        let reference = try factors.reference.map { name in
            guard let place = variants.firstIndex(where: { $0.shown.name == name }) else {
                let known = variants.map { "'\($0.shown.name)'" }.joined(separator: ", ")
                throw BenchFault("--reference names none of what is run: there are \(known)")
            }
            return place
        }
        return BenchPlan(
            variants: variants, arms: arms, hasCold: !workers.noCold && workers.sweep == nil, extent: rounds.extent,
            warmups: rounds.warmup, timeout: rounds.each.timeLimit, isSweep: workers.sweep != nil,
            countsFailures: factors.ignoreFailure, showsOutput: factors.showOutput, hooks: factors.hooks,
            reference: reference ?? 0)
    }
}

/// The words of each variant of a bench: of every command, with every value of what is scanned.
struct BenchWordLists {
    struct One {
        let name: String
        let words: [String]
        let values: [Bench.Variant.Value]
    }

    private(set) var all: [One] = []
    let definition: Definition
    let offer: WorkloadOffer

    init(_ words: [String], scans: [Scan], _ service: Service) throws {
        offer = WorkloadOffer(service)
        var words = words
        while words.first == "--" { words.removeFirst() }
        if words.isEmpty { words = ["noop"] }
        if words[0].hasPrefix("-") {
            _ = try CommandWords.read(words, command: "bench", options: BenchCommand.options, offer: offer)
        }
        definition = try offer.definition(named: words[0])
        let combinations = Scan.combinations(scans)
        let commands = definition.input == .command ? Self.commands(words) : [words]
        guard combinations.count * commands.count <= Scan.most else {
            throw BenchFault(
                "that makes \(combinations.count * commands.count) variants, and there may be \(Scan.most)")
        }
        for command in commands {
            for values in combinations {
                all.append(try one(command, values, isAlone: commands.count == 1))
            }
        }
    }

    private func one(_ words: [String], _ values: [Bench.Variant.Value], isAlone: Bool) throws -> One {
        var filled = words
        for value in values {
            guard value.option != "header" || definition.input != .request else {
                throw BenchFault("what headers hold is shown nowhere, and so can't be scanned")
            }
            if definition.option(typed: "--\(value.option)") != nil {
                guard !words.contains(where: { $0 == "--\(value.option)" || $0.hasPrefix("--\(value.option)=") }) else {
                    throw BenchFault("--\(value.option) is both given and scanned: leave one out")
                }
                filled.insert("--\(value.option)=\(value.value)", at: 1)
            } else {
                let changed = filled.map { BenchHooks.filled($0, [value]) }
                guard changed != filled else {
                    throw BenchFault(
                        "\(definition.name) has no option --\(value.option)"
                            + (definition.input == .command ? ", and the command no {\(value.option)}" : ""))
                }
                filled = changed
            }
        }
        let scanned = values.map { "\($0.option)=\($0.value)" }.joined(separator: " ")
        let place = Self.command(in: words)
        // A command of its own is named by what it is; one alone by its workload, and receipts tell more.
        let command = isAlone || place >= words.count ? definition.name : BenchHooks.filled(words[place], values)
        return One(
            name: Secrets.hidden(in: isAlone && !scanned.isEmpty ? scanned : command), words: filled, values: values)
    }

    /// Where the command begins among an exec's words.
    private static func command(in words: [String]) -> Int {
        let place = CommandWords.firstOperand(of: words, from: 1)
        return place < words.count && words[place] == "--" ? place + 1 : place
    }

    /// The words of each command. There are several where what stands before the arguments are quoted command lines.
    static func commands(_ words: [String]) -> [[String]] {
        let first = command(in: words)
        let marks: Set<String> = [":::", ":::+", "::::", "::::+"]
        let end = words[min(first, words.count)...].firstIndex(where: marks.contains) ?? words.count
        guard end - first > 1, words[first..<end].allSatisfy({ $0.contains(" ") }) else { return [words] }
        return words[first..<end].map { Array(words[..<first]) + [$0] + Array(words[end...]) }
    }
}
