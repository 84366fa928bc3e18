import ArgumentParser
import enum Catalogue.Secrets
import enum Catalogue.ShellWord
import Control
import Experiments
import Glibc
import Linux
import Report

/// `parctl advise`: runs somebody's own work in several ways, and says which to use.
struct AdviseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advise",
        abstract: "Find out whether threads or processes, and how many, suit your work.",
        usage: "parctl advise <workload> [<workload's options>] [<options>]",
        discussion: """
            Your tasks run one after the other, on threads and on processes, with several numbers of each, warm and in turn, \
            for about as long as --budget says. The answer names the workers to use and by how much they are faster, with an \
            interval that holds the true value in 95 of 100 such tries, and what speaks for it; or it says that nobody can \
            tell, and what would settle it. The last line is the command to use.

            Tasks are really run, many times over: what they write, send or delete is written, sent and deleted as often.

            EXAMPLES:
              parctl advise cpu
              parctl advise python ./mine.py:work --json-items 1 2 3 4 5 6 7 8
              parctl advise exec gzip -kfc {} ::: *.log
              parctl advise download --from urls.txt --budget 60s
              parctl advise dot --blas-threads 1
              parctl advise cpu --json

            EXIT STATUS: 0, also where nobody can tell; otherwise as of 'parctl run' for the worst of the runs.
            """,
        helpNames: [])

    @Argument(
        parsing: .allUnrecognized, help: ArgumentHelp("The workload and its own options.", valueName: "workload"),
        completion: .custom(Completion.words))
    var words: [String] = []

    @Option(
        help: ArgumentHelp("How long to measure, about (default: 10s).", valueName: "time"),
        transform: Count.nanoseconds)
    var budget = 10_000_000_000

    @Option(
        help: ArgumentHelp("The most workers to try (default: 16 for tasks that wait).", valueName: "n"),
        transform: Count.positive)
    var most: Int?

    @Option(
        help: ArgumentHelp("How many tasks in each run (default: as many as fit).", valueName: "m"),
        transform: Count.positive)
    var tasks: Int?

    @Option(
        help: ArgumentHelp("Give a run up after this time, such as 500ms or 30s.", valueName: "time"),
        transform: Count.nanoseconds)
    var timeout: Int?

    @OptionGroup var output: JSONOption
    @OptionGroup var service: ServiceOptions

    @Flag(name: [.customShort("h"), .customLong("help")], help: "Show this help; after a workload, that workload's.")
    var help = false

    static let options = ["budget", "most", "tasks", "timeout", "json", "socket", "no-spawn", "color", "help"]
    private static let helpCommand = "parctl advise --help"

    mutating func validate() throws {
        guard budget > 0 else { throw ValidationError("--budget takes a time above 0.") }
        guard (most ?? 2) <= WorkerCounts.maximumWorkers else {
            throw ValidationError("--most takes up to \(WorkerCounts.maximumWorkers).")
        }
    }

    func run() throws {
        if help { return try WorkloadHelp.show(words, else: AdviseCommand.self, service.values) }
        let read = try CommandWords.read(
            words, in: Environment.directory, command: "advise", options: Self.options,
            offer: WorkloadOffer(service.values))
        let inputs = try RunInputs(read, tasks: tasks)
        guard inputs.count != 0 else { throw read.fault("there is nothing to run it on") }
        _ = try MadeFolders(for: read)
        let fixed = inputs.count ?? tasks
        let terminal = Terminal(STDERR_FILENO, color: service.values.color)
        let throttles = Throttling()
        var session = BenchSession(
            plan(read, inputs, [Arm(.serial, workers: 1)], tasks: fixed ?? 8), terminal: terminal)
        var seen = Advice.Observations()
        try service.values.withDaemon { connection, signals in
            guard let probe = try session.probe(on: &connection, signals) else { throw ExitStatus.cancelled }
            let field = AdviceField(probe, tasks: fixed, budget: budget, most: most)
            guard field.tasks > 1 else {
                session = BenchSession(plan(read, inputs, [Arm(.serial, workers: 1)], tasks: 1), terminal: terminal)
                return
            }
            session = BenchSession(plan(read, inputs, field.arms, tasks: field.tasks), terminal: terminal)
            let watch = WorkerWatch()
            session.watch = watch
            try session.run(on: &connection, signals)
            seen = watch.observations
            signals.release()
        }
        let doubts = HostDoubts(session.hostBefore, throttles: throttles)
        seen.isHostBusy = doubts.isBusy
        let shown = session.plan.bench(
            session.experiment, command: BenchCommand.title(session.plan, session), warnings: doubts.sentences)
        let advice = Advice(shown, seen)
        let style = service.values.style
        let report = AdviceReport(advice, next: next(advice.outcome), style: style)
        if output.json {
            try StandardOutput.write(json: report)
        } else {
            try StandardOutput.write(report.text(advice, style: style))
        }
        if let status = session.status { throw status }
    }

    private func plan(_ words: RunWords, _ inputs: RunInputs, _ arms: [Arm], tasks: Int) -> BenchPlan {
        BenchPlan(
            variants: [
                BenchPlan.Variant(
                    words: words, inputs: inputs,
                    shown: Bench.Variant(name: words.definition.name, values: [], tasks: tasks))
            ], arms: arms, hasCold: false, extent: .budget(budget), warmups: 1, timeout: timeout == 0 ? nil : timeout,
            isSweep: false, countsFailures: false, showsOutput: false, hooks: BenchHooks(), reference: 0)
    }

    /// The command line to use, or the one that would settle it.
    private func next(_ outcome: Advice.Outcome) -> String {
        switch outcome {
        case .use(let arm, _, _):
            let workers =
                switch arm.mode {
                case .serial: "--serial"
                case .processes: "--processes \(arm.workers)"
                case .threads, .mixed: "--threads \(arm.workers)"
                }
            return line("run", workers)
        case .unknown(_, .moreTasks): return line("advise", "--tasks 64")
        case .unknown(_, .moreTime(let times)):
            let seconds = (Double(budget) / 1e9 * min(max(times, 1.5), 100)).rounded(.up)
            return line("advise", "--budget \(Int(seconds))s")
        case .unknown(_, .longerTasks): return line("advise", "--budget \(max(budget / 1_000_000_000, 1) * 6)s")
        }
    }

    /// The words without what is nobody's business: users and passwords in URLs, and what headers and bodies hold.
    private func shown(_ words: [String]) -> [String] {
        var shown: [String] = []
        let isRequest = words.first == "api"
        var hasAddress = false
        for word in words {
            let last = shown.last
            if isRequest, last == "--header" || last == "-H" {
                shown.append(word.hasPrefix("@") ? word : "***")
            } else if isRequest, word.hasPrefix("--header=") {
                shown.append("--header=***")
            } else if isRequest, !word.hasPrefix("-"), shown.count > 0, last?.hasPrefix("-") != true {
                shown.append(hasAddress && !word.hasPrefix("@") ? "***" : Secrets.hidden(inAddress: word))
                hasAddress = true
            } else {
                shown.append(Secrets.hidden(in: word))
            }
        }
        return shown
    }

    /// The words as they were typed, with `options` behind the workload.
    private func line(_ verb: String, _ options: String) -> String {
        let words = shown(words.filter { $0 != "--" })
        let count = verb == "run" || options.hasPrefix("--tasks") ? "" : tasks.map { " --tasks \($0)" } ?? ""
        return (["parctl", verb, words[0], options + count] + words.dropFirst().map(ShellWord.quoted)).joined(
            separator: " ")
    }
}

/// Which workers are worth trying, and how many tasks a run is to have, by what a first serial run has shown.
struct AdviceField {
    let arms: [Arm]
    let tasks: Int

    private static let maximumOfWaiting = 16
    private static let maximumTasks = 4096
    /// So many rounds are to fit into the budget.
    private static let rounds = 12

    /// - Parameters:
    ///   - probe: a serial run.
    ///   - fixed: how many tasks there are, where that is given.
    ///   - budget: nanoseconds.
    init(_ probe: Receipt, tasks fixed: Int?, budget: Int, most: Int?) {
        let cores = max(probe.host?.cores ?? 2, 1)
        let length = max(probe.task.sum / max(probe.tasks.total, 1), 1)
        // On a busy host, what computes waits for a processor as well.
        let waits = probe.task.cpuCovered * 2 > probe.tasks.total && probe.task.cpuSum * 10 < probe.task.sum * 3
        let limit = most ?? (waits ? max(Self.maximumOfWaiting, 2 * cores) : 2 * cores)
        var counts = Set([2, cores, 2 * cores])
        if waits {
            var count = 4
            while count <= limit {
                counts.insert(count)
                count *= 2
            }
        }
        counts.insert(limit)
        let useful = counts.filter { $0 > 1 && $0 <= limit && $0 <= max(fixed ?? .max, 2) }.sorted()
        // Processes for all that threads are tried for, up to a number that memory bears.
        arms =
            [Arm(.serial, workers: 1)] + useful.map { Arm(.threads, workers: $0) }
            + useful.filter { $0 <= max(2 * cores, 8) }.map { Arm(.processes, workers: $0) }
        // What a round takes, in serial runs: tasks that compute have the processors, those that wait all their workers.
        let round = arms.reduce(0.0) { $0 + 1 / Double(waits ? $1.workers : min($1.workers, cores)) }
        let fitting = Int(Double(budget) / Double(Self.rounds) / round / Double(length))
        tasks = fixed ?? min(max(fitting, 2 * (useful.last ?? 2)), Self.maximumTasks)
    }
}

/// What the workers of a bench's runs use, as the system tells of their processes.
final class WorkerWatch {
    private var ticks = 0
    private var elapsed = 0
    private var memory: [Int] = []
    private var before: (pid: Int, ticks: Int)?

    /// The pid of the serial worker, to be looked at before its next run.
    func begin(_ cell: Bench.Cell, lastPid: Int?) {
        before = nil
        guard cell.arm.mode == .serial, let lastPid, let own = Self.stat(lastPid) else { return }
        before = (lastPid, own.ticks)
    }

    func end(_ cell: Bench.Cell, _ receipt: Receipt) {
        let pids = Set(receipt.workerCosts.map(\.pid))
        if cell.arm.mode == .processes {
            memory += pids.prefix(1).compactMap { Self.stat($0)?.bytes }
        } else if let before, pids == [before.pid], let after = Self.stat(before.pid) {
            ticks += after.ticks - before.ticks
            elapsed += receipt.phases.run
        }
    }

    var observations: Advice.Observations {
        let second = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        // The system counts in hundredths of a second: of less than a few there is nothing to say.
        let used = elapsed > 200_000_000 ? Double(ticks) / second / (Double(elapsed) / 1e9) : nil
        return Advice.Observations(serialProcessors: used, processMemory: memory.max())
    }

    /// Processor time, in ticks, and resident memory of a process; nil where that can't be read.
    static func stat(_ pid: Int) -> (ticks: Int, bytes: Int)? {
        guard let bytes = try? readFile("/proc/\(pid)/stat", atMost: 4096) else { return nil }
        // The name, in parentheses, may hold anything.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = String(decoding: bytes[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]), let pages = Int(fields[21])
        else { return nil }
        return (user + system, pages * sysconf(Int32(_SC_PAGESIZE)))
    }
}
