import ArgumentParser
import Catalogue
import Control
import Glibc
import Report

/// What `parctl run` was asked for: the values of its options, and the workload's words.
struct RunInvocation: Equatable {
    /// The workload and its own options, in their order.
    var words: [String] = []
    var threads: Int?
    var processes: Int?
    var serial = false
    var cold: Cold?
    var tasks: Int?
    /// Nanoseconds.
    var timeout: Int?
    var halt: Halt?
    /// Whether it waits for busy workers.
    var wait = false
    var records = false
    var charts = Charts()
    /// Whether the receipt is printed as one JSON document.
    var json = false
    var service = Service()

    /// How its options are spelled, but for those of every command; see ``RunCommand``.
    static let words: [OptionWord<RunInvocation>] =
        [
            .value("threads") { $0.threads = try Count.positive($1) },
            .value("processes") { $0.processes = try Count.positive($1) },
            .flag("serial") { $0.serial = true },
            .value("cold", bare: "fresh") { $0.cold = try Choice.read($1) },
            .value("tasks") { $0.tasks = try Count.positive($1) },
            .value("timeout") { $0.timeout = try Count.nanoseconds($1) },
            .value("halt") { $0.halt = try Halt.option($1) },
            .flag("wait") { $0.wait = true },
            .flag("json") { $0.json = true },
            .flag("records") { $0.records = true },
        ] + Charts.words.map { $0.within { try $1(&$0.charts) } }
}

extension RunInvocation {
    /// Reads what there is to read, runs it, and prints what came of it.
    func run() throws {
        let words = try CommandWords.read(words, in: Environment.directory, offer: WorkloadOffer(service))
        guard words.definition.input == .command else { return try run(words) }
        do {
            try run(words)
        } catch let failure as CommandError {
            // As a program that SIGPIPE ends.
            let isUnread = if case .output(EPIPE) = failure { true } else { false }
            throw CommandStatus(code: isUnread ? 128 + SIGPIPE : ExecStatus.other, failure: failure)
        }
    }

    private func run(_ words: RunWords) throws {
        var shape = RunShape(
            threads: threads, processes: processes, serial: serial, cold: cold, tasks: tasks, timeout: timeout,
            records: records || charts.needRecords, halt: halt)
        let inputs = try RunInputs(words, tasks: tasks, streams: true)
        if let plan = inputs.plan {
            if try plan.isDone() { return }
            try shape.take(plan, words)
        }
        if inputs.functions?.isDone() == true { return }
        var request = try shape.request(words.definition.name, words.arguments)
        try inputs.put(into: &request)
        request.outputs = inputs.outputs
        if wait { request.wait = true }
        if inputs.functions?.log != nil { request.records = true }
        // A document or a file of pickles has all results in one place.
        if let functions = inputs.functions, !json, functions.pickleFile == nil { request.early = true }
        try charts.check(data: json ? "--json" : nil, help: "parctl run --help")
        var exports = try Exports(charts)
        let follower = try inputs.plan.map { plan throws(CommandError) in
            try ExecFollower(
                plan, isBesideData: json || charts.takeStandardOutput,
                style: Terminal(STDERR_FILENO, color: service.color).style)
        }
        let folders = try MadeFolders(for: words)
        do {
            try start(inputs, follower, words, request, shape, &exports)
        } catch let failure as CommandError {
            folders.remove()
            throw failure
        }
    }

    private func start(
        _ inputs: RunInputs, _ follower: ExecFollower?, _ words: RunWords, _ request: Run.Request, _ shape: RunShape,
        _ exports: inout Exports
    ) throws {
        try service.withDaemon { connection, signals in
            if case .commands(let plan, nil) = inputs, let follower {
                return try run(plan, follower, words, request, shape, on: &connection, signals, &exports)
            }
            try run(request, inputs, follower, words, on: &connection, signals, &exports)
        }
    }

    /// Runs commands that are no single call.
    private func run(
        _ plan: ExecPlan, _ follower: ExecFollower, _ words: RunWords, _ request: Run.Request, _ shape: RunShape,
        on connection: inout DaemonConnection, _ signals: Signals, _ exports: inout Exports
    ) throws {
        var one = request
        one.outputs = .ended
        one.inputs = nil
        (one.mode, one.threads, one.processes) = (nil, shape.processes == nil ? 1 : nil, shape.processes.map { _ in 1 })
        one.records = nil
        let stream = try ExecStream(
            plan, follower, one, at: connection.path, signals, terminal: Terminal(STDERR_FILENO, color: service.color),
            keepsRecords: records || charts.needRecords)
        let receipt = try stream.receipt(from: &connection)
        signals.release()
        let people = people(besideCommands: true)
        let shown = words.repeated(in: receipt)
        var attempts = Attempts()
        if json || !plan.options.isQuiet {
            attempts.make { try show(json ? receipt : shown, stream.records, nil, people) }
        }
        draw(shown, stream.records, people, &exports, &attempts)
        try attempts.check()
        if stream.interrupted { throw ExitStatus.cancelled }
        let status = stream.status(receipt.tasks)
        if status != 0 { throw CommandStatus(code: status) }
    }

    private func run(
        _ request: Run.Request, _ inputs: RunInputs, _ follower: ExecFollower?, _ words: RunWords,
        on connection: inout DaemonConnection,
        _ signals: Signals, _ exports: inout Exports
    ) throws {
        var session = RunSession(request, terminal: Terminal(STDERR_FILENO, color: service.color))
        follower?.dropsCut = request.halt?.now == true
        session.follower = follower ?? inputs.functions?.follower
        session.descriptors = inputs.descriptors
        let receipt = try session.receipt(from: &connection, signals: signals)
        // A private daemon ends by itself when this process does.
        signals.release()
        let people = people(besideCommands: follower != nil || inputs.functions != nil)
        let shown = words.repeated(in: receipt)
        var attempts = Attempts()
        attempts.make { try show(receipt, shown, &session, inputs, isQuiet: words.client["quiet"] != nil, people) }
        draw(shown, session.records, people, &exports, &attempts)
        try attempts.check()
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
        _ receipt: Receipt, _ shown: Receipt, _ session: inout RunSession, _ inputs: RunInputs, isQuiet: Bool,
        _ people: Audience
    ) throws(CommandError) {
        if let functions = inputs.functions, let results = try session.results?.open(tasks: receipt.tasks.total) {
            try results.show(functions, isInDocument: json)
            if json {
                try session.records.write(
                    json: receipt, pretty: isatty(STDOUT_FILENO) == 1, withRecords: records,
                    results: functions.directory == nil ? results : nil)
            } else if !isQuiet {
                try show(shown, session.records, inputs.naming, people)
            }
        } else if json || !isQuiet {
            try show(json ? receipt : shown, session.records, inputs.naming, people)
        } else if inputs.plan == nil, inputs.functions == nil, let failure = receipt.failures.first {
            // Nobody else has said why.
            let text = "\(shown.end): \(failure.reason)"
            StandardError.write("parctl: \(Terminal(STDERR_FILENO, color: .never).style.clean(text, limit: 2000))\n")
        }
    }

    private func show(
        _ receipt: Receipt, _ store: RecordStore, _ naming: ((Int) -> String)?, _ people: Audience
    ) throws(CommandError) {
        switch (json, records) {
        case (true, true): try store.write(json: receipt, pretty: isatty(STDOUT_FILENO) == 1)
        case (true, false): try StandardOutput.write(json: receipt)
        case (false, let records):
            try people.write(ReceiptText(receipt, style: people.style, naming: naming).text)
            if records {
                try people.write("\n")
                try store.write(table: people, of: receipt.workload, naming: naming)
            }
        }
    }

    private func draw(
        _ receipt: Receipt, _ store: RecordStore, _ people: Audience, _ exports: inout Exports,
        _ attempts: inout Attempts
    ) {
        guard charts.needRecords else { return }
        let run = RecordedRun(receipt, blocks: store.blocks)
        if let kind = charts.timeline {
            attempts.make {
                try people.write("\n" + TimelineText([run], by: kind, style: people.style, rows: people.rows).text)
            }
        }
        attempts.make { try exports.write(Page(of: run, note: LocalTime.now)) }
    }

    /// Where texts for people go: to standard error where standard output is for data, or for what commands write.
    private func people(besideCommands: Bool) -> Audience {
        Audience(isBesideData: json || charts.takeStandardOutput || besideCommands, color: service.color)
    }
}

/// How a run is asked for, apart from the workload: the options of `parctl run` as typed, and what follows from them.
struct RunShape: Equatable {
    var threads: Int?
    var processes: Int?
    var serial = false
    var cold: Cold?
    var tasks: Int?
    /// Nanoseconds; 0 for no limit, as without one.
    var timeout: Int?
    var records = false
    var halt: Halt?

    /// How many workers were asked for; nil where nobody said it.
    private var workers: Int? {
        guard threads != nil || processes != nil else { return nil }
        // What is too much is refused in a moment: it need not be exact.
        let (product, isMore) = (threads ?? 1).multipliedReportingOverflow(by: processes ?? 1)
        return isMore ? .max : product
    }

    /// Takes the number of workers that `--jobs` asks for, no more than there are commands.
    mutating func take(_ plan: ExecPlan, _ words: RunWords) throws(CommandError) {
        guard plan.options.jobs != nil else {
            if let given = serial ? 1 : workers { plan.slots = given }
            return
        }
        guard threads == nil, processes == nil, !serial else {
            throw words.fault(
                "--jobs says how many run at a time, and so does --threads, --processes or --serial: give one")
        }
        threads = plan.isComplete ? max(1, min(plan.slots, plan.jobs.count)) : plan.slots
    }

    /// The arrangement that the numbers ask for; nil leaves it to the daemon.
    func mode() throws(CommandError) -> Mode? {
        if serial {
            guard threads == nil, processes == nil else {
                throw .usage(
                    "--serial means one worker: it can't be used with \(threads == nil ? "--processes" : "--threads")",
                    help: "parctl run --help")
            }
            return .serial
        }
        return WorkerShape.mode(processes: processes, threads: threads)
    }

    /// The request that runs `workload` with `arguments` in this way.
    func request(_ workload: String, _ arguments: [String: String]) throws(CommandError) -> Run.Request {
        Run.Request(
            workload: workload, arguments: arguments.isEmpty ? nil : arguments, mode: try mode(), processes: processes,
            threads: threads, tasks: tasks, cold: cold, timeout: timeout == 0 ? nil : timeout,
            records: records ? true : nil, halt: halt)
    }
}

extension Halt {
    /// Reads `now,fail=N` or `soon,fail=N`, as GNU parallel has it.
    static func option(_ text: String) throws -> Halt {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, ["now", "soon"].contains(parts[0]), parts[1].hasPrefix("fail="),
            let failures = Quantity.count(String(parts[1].dropFirst("fail=".count))), failures > 0
        else { throw ValidationError("it takes 'now,fail=N' or 'soon,fail=N', with N of 1 or more.") }
        return Halt(failures: failures, now: parts[0] == "now")
    }
}
