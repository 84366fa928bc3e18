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
            "Give up after this time, such as 500ms or 30s (0: never); with exec, give each command so long.",
            valueName: "time"),
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

    @OptionGroup var charts: ChartOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var service: ServiceOptions

    @Flag(name: [.customShort("h"), .customLong("help")], help: "Show this help; after a workload, that workload's.")
    var help = false

    func run() throws {
        if help { return try showHelp() }
        let words = try CommandWords.read(words, in: Environment.directory)
        guard words.entry.id == .exec else { return try run(words) }
        do {
            try run(words)
        } catch let failure as Failure {
            throw CommandStatus(code: ExecStatus.other, failure: failure)
        }
    }

    private func run(_ words: RunWords) throws {
        let shape = RunShape(
            threads: threads, processes: processes, serial: serial, cold: cold, tasks: tasks, timeout: timeout,
            records: records || charts.needRecords, halt: halt)
        let inputs = try RunInputs(words, tasks: tasks)
        if let plan = inputs.plan, try plan.isDone() { return }
        var request = try shape.request(words.entry.name, words.arguments)
        inputs.put(into: &request)
        request.outputs = inputs.plan.map { $0.keepsOrder ? .tasks : .ended }
        try charts.check(data: output.json ? "--json" : nil, help: "parctl run --help")
        var exports = try Exports(charts)
        let follower = inputs.plan.map { plan in
            ExecFollower(
                plan, isBesideData: output.json || charts.takeStandardOutput,
                look: Terminal(STDERR_FILENO, color: service.color).look)
        }
        let signals = try Signals([SIGINT, SIGTERM, SIGHUP, SIGCHLD])
        try service.withDaemon(signals) { try run(request, inputs, follower, on: &$0, signals, &exports) }
    }

    private func run(
        _ request: Run.Request, _ inputs: RunInputs, _ follower: ExecFollower?, on connection: inout Connection,
        _ signals: Signals, _ exports: inout Exports
    ) throws {
        var session = RunSession(request, terminal: Terminal(STDERR_FILENO, color: service.color))
        session.follower = follower
        let receipt = try session.receipt(from: &connection, signals: signals)
        // A private daemon ends by itself when this process does.
        signals.release()
        let people = people(besideCommands: follower != nil)
        if output.json || follower?.plan.isQuiet != true { try show(receipt, session.records, inputs.naming, people) }
        try draw(receipt, session.records, people, &exports)
        let status = ExitStatus(receipt.outcome, interrupted: session.interrupted)
        if let follower, status == .failed {
            if receipt.tasks.failed + receipt.tasks.lost == 0 {
                StandardError.write("parctl: no command could be run, as the workers could not be started\n")
            }
            throw CommandStatus(code: ExecStatus.status(receipt.tasks, halt: halt, firstFailure: follower.firstFailure))
        }
        if status != .ok { throw status }
    }

    private func show(
        _ receipt: Receipt, _ store: RecordStore, _ naming: ((Int) -> String)?, _ people: Audience
    ) throws(Failure) {
        switch (output.json, records) {
        case (true, true): try store.write(json: receipt, pretty: isatty(STDOUT_FILENO) == 1)
        case (true, false): try StandardOutput.write(json: receipt)
        case (false, let records):
            try people.write(ReceiptText(receipt, look: people.look, naming: naming).text)
            if records {
                try people.write("\n")
                try store.write(table: people, naming: naming)
            }
        }
    }

    private func draw(
        _ receipt: Receipt, _ store: RecordStore, _ people: Audience, _ exports: inout Exports
    ) throws(Failure) {
        guard charts.needRecords else { return }
        let run = RecordedRun(receipt, blocks: store.blocks)
        if let kind = charts.timeline {
            try people.write("\n" + TimelineText([run], by: kind, look: people.look, rows: people.rows).text)
        }
        try exports.write(Page(of: run, note: LocalTime.now))
    }

    /// Where texts for people go: to standard error where standard output is for data, or for what commands write.
    private func people(besideCommands: Bool) -> Audience {
        Audience(isBesideData: output.json || charts.takeStandardOutput || besideCommands, color: service.color)
    }

    private func showHelp() throws(Failure) {
        try WorkloadHelp.show(words, else: RunCommand.self, look: service.look)
    }
}

extension Cold: ExpressibleByArgument {}
