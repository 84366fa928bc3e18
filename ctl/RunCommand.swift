import ArgumentParser
import Catalogue
import Control
import Glibc
import Report

/// `parctl run`: runs a workload's tasks on the daemon's workers and prints the receipt.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run tasks on warm workers, and account for the time.",
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
            "Start fresh workers for this run: bare, it starts threads or forks processes; =exec starts programs.",
            valueName: "how"))
    var cold: Cold?

    @ArgumentParser.Option(
        help: ArgumentHelp("How many tasks (default: four for each worker).", valueName: "m"), transform: Count.positive
    )
    var tasks: Int?

    @ArgumentParser.Option(
        help: ArgumentHelp(
            "Give up after this time, such as 500ms or 30s; with exec, give each command so long.", valueName: "time"),
        transform: Count.nanoseconds)
    var timeout: Int?

    @ArgumentParser.Option(
        help: ArgumentHelp(
            "Begin no further tasks once N have failed: soon,fail=N; now,fail=N ends those that run, too.",
            valueName: "when"),
        transform: Halt.option)
    var halt: Halt?

    @Flag(help: "Print every task's record after the receipt; with --json, as its 'records'.")
    var records = false

    @OptionGroup var output: JSONOption
    @OptionGroup var service: ServiceOptions

    @Flag(name: [.customShort("h"), .customLong("help")], help: "Show this help; after a workload, that workload's.")
    var help = false

    func run() throws {
        if help { return try showHelp() }
        let words = try CommandWords.read(words, in: Environment.directory)
        guard words.entry.id == .exec else { return try run(words, commands: nil) }
        do {
            try run(words, commands: try ExecPlan(words))
        } catch let failure as Failure {
            throw CommandStatus(code: ExecStatus.other, failure: failure)
        }
    }

    /// - Parameter plan: what there is beside the workload where the tasks are commands.
    private func run(_ words: RunWords, commands plan: ExecPlan?) throws {
        if let plan, try plan.isDone() { return }
        let shape = RunShape(
            threads: threads, processes: processes, serial: serial, cold: cold, tasks: tasks, timeout: timeout,
            records: records, halt: halt)
        var request =
            try plan.map { try shape.request($0, words.arguments) } ?? shape.request(words.entry.name, words.arguments)
        if words.entry.input == .url { request.inputs = try WebInputs(words, tasks: tasks).inputs }
        let follower = plan.map { ExecFollower($0, isBesideData: output.json) }
        let signals = try Signals([SIGINT, SIGTERM, SIGHUP, SIGCHLD])
        try service.withDaemon(signals) { try run(request, follower, on: &$0, signals) }
    }

    private func run(
        _ request: Run.Request, _ follower: ExecFollower?, on connection: inout Connection, _ signals: Signals
    ) throws {
        var session = RunSession(request, terminal: Terminal(STDERR_FILENO, color: service.color))
        session.follower = follower
        let receipt = try session.receipt(from: &connection, signals: signals)
        if follower?.plan.isQuiet != true || output.json {
            try show(receipt, session.records, besideData: follower != nil)
        }
        let status = ExitStatus(receipt.outcome, interrupted: session.interrupted)
        if let follower, status == .failed {
            throw CommandStatus(code: ExecStatus.status(receipt, halt: halt, firstFailure: follower.firstFailure))
        }
        if status != .ok { throw status }
    }

    /// - Parameter besideData: whether standard output is the commands'.
    private func show(_ receipt: Receipt, _ store: RecordStore, besideData: Bool) throws(Failure) {
        switch (output.json, records) {
        case (true, true): try store.write(json: receipt, pretty: isatty(STDOUT_FILENO) == 1)
        case (true, false): try StandardOutput.write(json: receipt)
        case (false, let records):
            if besideData {
                return StandardError.write(
                    ReceiptText(receipt, look: Terminal(STDERR_FILENO, color: service.color).look).text)
            }
            try StandardOutput.write(ReceiptText(receipt, look: service.look).text)
            if records {
                try StandardOutput.write("\n")
                try store.write(table: service.look)
            }
        }
    }

    /// The help of the workload that is named, or of the command.
    private func showHelp() throws(Failure) {
        guard let name = words.first(where: { !$0.hasPrefix("-") }) else {
            return try StandardOutput.write(Parctl.helpMessage(for: RunCommand.self) + "\n")
        }
        let description = WorkloadDescription(try CommandWords.entry(named: name))
        try StandardOutput.write(
            WorkloadList.page(description, look: service.look) + (name == WorkloadID.exec.name ? ExecHelp.text : "")
                + "\nThe options of every run: see 'parctl run --help'.\n")
    }
}

extension Cold: ExpressibleByArgument {}
