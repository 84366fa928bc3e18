import ArgumentParser
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

    @Option(
        help: ArgumentHelp("Run on n threads; with --processes, n threads in each.", valueName: "n"),
        transform: Count.positive)
    var threads: Int?

    @Option(help: ArgumentHelp("Run on n processes.", valueName: "n"), transform: Count.positive)
    var processes: Int?

    @Flag(help: "Run one task after the other on one worker.")
    var serial = false

    @Option(
        help: ArgumentHelp(
            "Start fresh workers for this run: bare, it starts threads or forks processes; =exec starts programs.",
            valueName: "how"))
    var cold: Cold?

    @Option(
        help: ArgumentHelp("How many tasks (default: four for each worker).", valueName: "m"), transform: Count.positive
    )
    var tasks: Int?

    @Option(
        help: ArgumentHelp("Give up after this time, such as 500ms or 30s.", valueName: "time"),
        transform: Count.nanoseconds)
    var timeout: Int?

    @Flag(help: "Print every task's record after the receipt; with --json, as its 'records'.")
    var records = false

    @OptionGroup var output: JSONOption
    @OptionGroup var service: ServiceOptions

    @Flag(name: [.customShort("h"), .customLong("help")], help: "Show this help; after a workload, that workload's.")
    var help = false

    func run() throws {
        if help { return try showHelp() }
        let web = try WebWords(words)
        let (entry, arguments) = try CommandWords.read(web?.rest ?? words, in: Environment.directory)
        let shape = RunShape(
            threads: threads, processes: processes, serial: serial, cold: cold, tasks: tasks, timeout: timeout,
            records: records)
        var request = try shape.request(entry.name, arguments)
        request.inputs = try web?.inputs(of: entry, tasks: tasks)
        let signals = try Signals([SIGINT, SIGTERM, SIGHUP, SIGCHLD])
        if let connection = try reachable() {
            try run(request, on: connection, signals)
        } else {
            try runPrivately(request, signals)
        }
    }

    /// Whatever daemon there is; nil where there is none and a private one may be started.
    private func reachable() throws -> Connection? {
        let choice = service.choice
        do {
            return try service.connect()
        } catch {
            guard !service.noSpawn, choice.allowsSpawning(after: error) else { throw error }
            return nil
        }
    }

    private func runPrivately(_ request: Run.Request, _ signals: Signals) throws {
        guard let program = ProgramFinder.pard() else {
            throw Failure.privateDaemon("there is no 'pard' beside parctl or in $PATH")
        }
        StandardError.write("parctl: no daemon is running: starting a private one for this command\n")
        let daemon = try PrivateDaemon.start(program: program, signals: signals)
        do {
            try run(request, on: Connection(to: daemon.socketPath), signals)
        } catch {
            daemon.stop(signals)
            throw error
        }
        daemon.stop(signals)
    }

    private func run(_ request: Run.Request, on connection: consuming Connection, _ signals: Signals) throws {
        var session = RunSession(request, terminal: Terminal(STDERR_FILENO, color: service.color))
        let receipt = try session.receipt(from: &connection, signals: signals)
        try show(receipt, session.records)
        let status = ExitStatus(receipt.outcome, interrupted: session.interrupted)
        if status != .ok { throw status }
    }

    private func show(_ receipt: Receipt, _ store: RecordStore) throws(Failure) {
        switch (output.json, records) {
        case (true, true): try store.write(json: receipt, pretty: isatty(STDOUT_FILENO) == 1)
        case (true, false): try StandardOutput.write(json: receipt)
        case (false, let records):
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
            WorkloadList.page(description, look: service.look)
                + "\nThe options of every run: see 'parctl run --help'.\n")
    }
}

extension Cold: ExpressibleByArgument {}

extension SocketChoice {
    /// Whether a private daemon may stand in after `failure` to connect: only where the user named no socket, and
    /// nobody is there.
    func allowsSpawning(after failure: Failure) -> Bool {
        guard case .found = self else { return false }
        return switch failure {
        case .noDaemon: true
        case .client(.unreachable(_, let number)): number == ENOENT || number == ECONNREFUSED
        default: false
        }
    }
}
