import Catalogue
import Control
import Glibc
import Ledger
import Pools
import Workloads

/// A run as it was asked for, checked and completed: nothing has been started yet.
struct RunPlan: Sendable {
    let entry: Entry
    /// As the receipt shows them: every option with its value.
    let arguments: [String: String]
    let mode: Mode
    let processes: Int
    let threads: Int
    let tasks: Int
    var spec: JobSpec
    /// What the first task is given, see ``Control/Receipt/input``.
    let input: String?
    /// What each task asks for; nil where tasks are given no URL.
    let addresses: [String]?

    /// Below this, a reading of the CPU clock would cost more than one hundredth of what it measures.
    static let cpuInterval: UInt64 = 20_000
    /// How many workers may die of a task until it is given up.
    static let attempts = 3
    static let tasksPerWorker = 4
    /// Far above any limit on workers, and low enough that nothing that is counted from it overflows.
    static let mostWorkers = 1 << 20

    /// How long a command that is to end has until it is killed, as a part of the time after which its worker is.
    static let graceShare: UInt64 = 2
    /// How often outputs are sent, in nanoseconds.
    static let outputNanoseconds: UInt64 = 50_000_000

    /// - Parameters:
    ///   - processors: how many workers a run has that names no number.
    ///   - directory: where files go that were given no other place.
    init(
        _ request: Run.Request, limits: JobLimits, processors: Int, directory: String, now: UInt64
    ) throws(ControlError) {
        guard let entry = Catalogue.entry(named: request.workload) else {
            throw .unknownWorkload(request.workload, known: Catalogue.entries.map(\.name))
        }
        self.entry = entry
        (mode, processes, threads) = try Self.shape(request, processors: min(processors, limits.cores))
        tasks = try Self.tasks(request, of: entry) ?? processes * threads * Self.tasksPerWorker
        guard tasks >= 1 else { throw .badArgument("tasks", value: "\(tasks)", expected: "a number of 1 or more") }
        guard tasks <= limits.tasks else {
            throw .limitExceeded(limit: "tasks", value: tasks, allowed: limits.tasks)
        }
        if let timeout = request.timeout, timeout <= 0 {
            throw .badArgument("timeout", value: "\(timeout)", expected: "a duration above 0")
        }
        let given = request.arguments ?? [:]
        let read = try Self.read(given, for: entry, directory: directory, limits: limits)
        if entry.id == .io, read.numbers["same-file"] == 1, read.numbers["read"] == 1 {
            throw .badArgument(
                "read", value: "true", expected: "no same-file beside it, in which nothing can be checked")
        }
        let workers = processes * threads
        if let bytes = MatrixMemory.bytes(of: entry, read, workers: workers), bytes > limits.memoryBytes {
            throw .limitExceeded(limit: "memory of all matrices in bytes", value: bytes, allowed: limits.memoryBytes)
        }
        arguments = Dictionary(
            uniqueKeysWithValues: entry.options.compactMap { option in
                (given[option.name] ?? option.value ?? read.texts[option.name]).map { (option.name, $0) }
            })
        let arrangement: PoolKind.Arrangement =
            switch mode {
            case .serial, .threads: .threads
            case .processes: .processes(threads: 1)
            case .mixed: .processes(threads: threads)
            }
        guard let runtime = RuntimeID(builtIn: entry.runtime) else {
            throw .workersFailed(reason: "this daemon has no runtime \(entry.runtime)")
        }
        let kind = PoolKind(arrangement, runtime: runtime)
        let cold: ColdStart? = request.cold.map { $0 == .exec ? .exec : .fresh }
        let lease = LeaseRequest(
            kind: kind, units: kind.isThreads ? threads : processes, cold: cold,
            deadline: request.timeout.map { now &+ UInt64($0) })
        var plan = JobPlan(
            job: 0, tasks: tasks, workload: entry.id.rawValue, crew: lease.workers, cpuInterval: Self.cpuInterval,
            rings: true)
        let text = JobArguments.encode(read, of: entry, into: &plan)
        var shared: [String] = []
        if entry.input == .url, !limits.allowsAddresses {
            throw .notPermitted(action: "have URLs asked", needs: "allow-urls in the daemon's configuration")
        }
        if entry.id == .exec {
            guard limits.allowsCommands else {
                throw .notPermitted(action: "run commands", needs: "allow-exec in the daemon's configuration")
            }
            shared = try Self.commands(request.context ?? .bare, directory, limits: limits, into: &plan)
        }
        if let halt = request.halt {
            guard (1...Int(UInt32.max)).contains(halt.failures) else {
                throw .badArgument("halt", value: "\(halt.failures)", expected: "a number of failures of 1 or more")
            }
            plan.failureLimit = UInt32(halt.failures)
            plan.haltsNow = halt.now ? 1 : 0
        }
        if request.outputs != nil { plan.logs = 1 }
        plan.detailBytes = UInt32(entry.id.detailBytes)
        let wordsOfTasks = request.inputs?.map(\.words)
        let inputs =
            entry.input == .url
            ? try WebInputs.words(wordsOfTasks ?? [], of: entry, output: read.texts["output"] ?? "")
            : wordsOfTasks
        addresses = entry.input == .url ? inputs?.map { $0[0] } : nil
        // Headers and bodies may hold what is nobody else's business.
        input = InputText.text(of: addresses?.map { [$0] } ?? inputs ?? [])
        var encodedInputs: TaskInputs?
        if let words = inputs {
            guard let encoded = TaskInputs(shared: shared, tasks: words) else {
                throw .badArgument("inputs", value: "a word with a NUL in it", expected: "words without")
            }
            encodedInputs = encoded
            plan.inputBytes = UInt64(encoded.bytes.count)
        }
        let byteCount = plan.layout.byteCount
        guard byteCount <= limits.ledgerBytes else {
            throw .limitExceeded(limit: "ledger bytes", value: byteCount, allowed: limits.ledgerBytes)
        }
        spec = JobSpec(
            lease: lease, tasks: tasks, plan: plan, text: text, inputs: encodedInputs,
            attempts: entry.rerun ? Self.attempts : nil,
            progressNanoseconds: request.outputs == nil ? limits.progressNanoseconds : Self.outputNanoseconds)
    }

    /// How many tasks are asked for, by number or by what each is given; nil where nothing says so.
    private static func tasks(_ request: Run.Request, of entry: Entry) throws(ControlError) -> Int? {
        guard let input = entry.input else {
            if let inputs = request.inputs, !inputs.isEmpty {
                throw .badArgument(
                    "inputs", value: "\(inputs.count)", expected: "none, as tasks of \(entry.name) are given nothing")
            }
            return request.tasks
        }
        guard let inputs = request.inputs, !inputs.isEmpty, inputs.allSatisfy({ $0.words.first?.isEmpty == false })
        else {
            throw .badArgument("inputs", value: "nothing", expected: "a \(input.rawValue) for each task")
        }
        if let tasks = request.tasks, tasks != inputs.count {
            throw .badArgument("tasks", value: "\(tasks)", expected: "as many as there are inputs: \(inputs.count)")
        }
        return inputs.count
    }

    /// Puts what all commands of a job have in common into its plan, and returns the words that they share.
    private static func commands(
        _ context: Context, _ directory: String, limits: JobLimits, into plan: inout JobPlan
    ) throws(ControlError) -> [String] {
        if let fault = GivenDirectory.fault(in: context.directory, isForFiles: false) {
            throw .badArgument("context.directory", value: context.directory, expected: fault)
        }
        guard (0...0o777).contains(context.umask) else {
            throw .badArgument("context.umask", value: "\(context.umask)", expected: "permission bits, 0 to 511")
        }
        // The kernel accounts for the commands' processor time.
        plan.cpuInterval = 0
        plan.staysPut = 1
        plan.numbers[ExecSettings.Number.grace.rawValue] = Int64(limits.cancelGraceNanoseconds / graceShare)
        plan.numbers[ExecSettings.Number.umask.rawValue] = Int64(context.umask)
        return ExecSettings.words(
            outputDirectory: directory, directory: context.directory, environment: context.environment)
    }

    /// Reads the workload's options and puts the daemon's directory where none was given.
    private static func read(
        _ given: [String: String], for entry: Entry, directory: String, limits: JobLimits
    ) throws(ControlError) -> Arguments {
        var given = given
        for option in entry.options where option.kind == .path {
            let chosen = given[option.name] ?? ""
            if chosen.isEmpty {
                // Downloads that are not to be kept go nowhere.
                if option.name == "dir" { given["dir"] = directory }
            } else if !limits.allowsDirectories {
                throw .notPermitted(
                    action: "choose the directory of a job's files", needs: "allow-dir in the daemon's configuration")
            } else if let fault = GivenDirectory.fault(in: chosen) {
                throw .badArgument(option.name, value: chosen, expected: fault)
            }
        }
        let read: Arguments
        do {
            read = try Arguments(given, for: entry)
        } catch {
            throw .badArgument(error.option, value: error.value, expected: error.expected)
        }
        for (bound, allowed) in limits.bounds where bound.workload == entry.name {
            guard let value = read.numbers[bound.option], value > allowed else { continue }
            throw .limitExceeded(limit: bound.option, value: value, allowed: allowed)
        }
        return read
    }

    /// How many processes of how many threads: what was asked for, or one worker for each processor.
    private static func shape(
        _ request: Run.Request, processors: Int
    ) throws(ControlError) -> (Mode, processes: Int, threads: Int) {
        for (name, value) in [("threads", request.threads), ("processes", request.processes)] {
            if let value, value < 1 { throw .badArgument(name, value: "\(value)", expected: "a number of 1 or more") }
            if let value, value > mostWorkers {
                throw .limitExceeded(limit: name, value: value, allowed: mostWorkers)
            }
        }
        let workers = (request.threads ?? 1) * (request.processes ?? 1)
        guard workers <= mostWorkers else {
            throw .limitExceeded(limit: "workers", value: workers, allowed: mostWorkers)
        }
        let inferred: Mode =
            switch (request.processes, request.threads) {
            case (nil, _): .threads
            case (_?, nil), (_?, 1): .processes
            case (_?, _?): .mixed
            }
        let mode = request.mode ?? inferred
        switch mode {
        case .serial:
            try refuse("threads", request.threads, above: 1, in: mode)
            try refuse("processes", request.processes, above: 1, in: mode)
            return (.serial, 1, 1)
        case .threads:
            try refuse("processes", request.processes, above: 1, in: mode)
            return (.threads, 1, request.threads ?? processors)
        case .processes:
            try refuse("threads", request.threads, above: 1, in: mode)
            return (.processes, request.processes ?? processors, 1)
        case .mixed:
            guard let processes = request.processes, let threads = request.threads else {
                throw .badArgument("mode", value: "mixed", expected: "processes and threads beside it")
            }
            return threads == 1 ? (.processes, processes, 1) : (.mixed, processes, threads)
        }
    }

    private static func refuse(_ name: String, _ value: Int?, above limit: Int, in mode: Mode) throws(ControlError) {
        if let value, value > limit {
            throw .badArgument(name, value: "\(value)", expected: "no number above \(limit) in mode \(mode.rawValue)")
        }
    }
}
