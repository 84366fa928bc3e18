import Catalogue
import Control
import FoundationEssentials
import Glibc
import Ledger
import Linux
import Pools
import Scheduling
import VarlinkServer
import Workloads

/// A run as it was asked for, checked and completed: nothing has been started yet.
struct RunPlan: Sendable {
    let definition: Definition
    /// As the receipt shows them: every option with its value.
    let arguments: [String: String]
    let shape: WorkerShape
    let tasks: Int
    var spec: JobSpec
    /// What the first task is given, see ``Control/Receipt/input``.
    let input: String?
    /// What each task asks for, without user, password and the values of its query; nil where tasks are given no URL.
    let addresses: [String]?
    /// Where it runs; nil where that is all the same.
    let context: Context?

    /// Below this, a reading of the CPU clock would cost more than one hundredth of what it measures.
    static let cpuInterval: UInt64 = 20_000
    /// How many workers may die of a task until it is given up.
    static let attempts = 3
    static let tasksPerWorker = 4
    /// How long a command or a call that is to end has until it is killed, as a part of the time after which its worker is.
    static let graceShare: UInt64 = 2
    /// How many descriptors a call may bring: one file of inputs.
    static let descriptorLimit = 1
    /// How often outputs and early results are sent, in nanoseconds.
    static let outputNanoseconds: UInt64 = 50_000_000

    /// - Parameters:
    ///   - processors: how many workers a run has that names no number; asked for only then.
    ///   - directory: where files go that were given no other place.
    ///   - descriptors: what came with the call.
    init(
        _ request: Run.Request, limits: JobLimits, processors: @autoclosure () -> Int, directory: String, now: UInt64,
        descriptors: ReceivedDescriptors? = nil, isLease: Bool = false
    ) throws(ControlError) {
        guard let number = Catalogue.number(of: request.workload) else {
            throw .unknownWorkload(request.workload, known: Catalogue.all.map(\.name))
        }
        let definition = Catalogue.all[number]
        self.definition = definition
        shape = try WorkerShape(
            mode: request.mode, processes: request.processes, threads: request.threads,
            processors: min(processors(), limits.cores))
        tasks = try Self.tasks(request, of: definition) ?? shape.workers * Self.tasksPerWorker
        guard tasks >= 1 else { throw .badArgument("tasks", value: "\(tasks)", expected: "a number of 1 or more") }
        guard tasks <= limits.tasks else {
            throw .limitExceeded(limit: "tasks", value: tasks, allowed: limits.tasks)
        }
        if let timeout = request.timeout, timeout <= 0 {
            throw .badArgument("timeout", value: "\(timeout)", expected: "a duration above 0")
        }
        let given = request.arguments ?? [:]
        let read = try Self.read(given, for: definition, directory: directory, limits: limits)
        if let memory = definition.memory {
            let (bytes, isHuge) = memory.bytes(read).multipliedReportingOverflow(by: shape.workers)
            guard !isHuge, bytes <= limits.memoryBytes else {
                throw .limitExceeded(limit: memory.name, value: isHuge ? .max : bytes, allowed: limits.memoryBytes)
            }
        }
        arguments = Dictionary(
            uniqueKeysWithValues: definition.options.compactMap { option in
                (given[option.name] ?? option.value ?? read.text(option.name)).map { (option.name, $0) }
            })
        // That of a user's code is made once the rest is known to be right.
        let isMadeLater = RuntimeName.users.contains(definition.runtime)
        guard let runtime = isMadeLater ? .native : RuntimeID(builtIn: definition.runtime) else {
            throw .workersFailed(reason: "this daemon has no runtime \(definition.runtime)")
        }
        let kind = PoolKind(shape, runtime: runtime)
        let cold: ColdStart? = request.cold.map { $0 == .exec ? .exec : .fresh }
        let lease = LeaseRequest(
            kind: kind, units: kind.isThreads ? shape.threads : shape.processes, cold: cold,
            deadline: request.timeout.map { now &+ UInt64($0) })
        var plan = JobPlan(
            job: 0, tasks: tasks, workload: UInt32(number), crew: lease.workers, cpuInterval: Self.cpuInterval,
            rings: true)
        for permission in definition.permissions { try limits.check(permission) }
        var shared: [String] = []
        var context: Context?
        if definition.input == .command {
            let own = try Self.check(request.context ?? .bare)
            // The kernel accounts for the commands' processor time.
            plan.cpuInterval = 0
            plan.staysPut = 1
            shared = ExecSettings.words(
                outputDirectory: directory, directory: own.directory, environment: own.environment)
            context = own
        }
        if definition.runtime == RuntimeName.python {
            if let most = read.number("max-tasks-per-worker"), most > 0, shape.threads > 1 || shape.mode == .threads {
                throw .badArgument(
                    "max-tasks-per-worker", value: "\(most)", expected: "0, or workers that are processes of one thread"
                )
            }
            let own = try Self.check(request.context ?? .bare)
            shared = PythonSettings.words(
                outputDirectory: directory, directory: own.directory, umask: own.umask,
                environment: PythonSettings.environment(
                    own.environment, processors: Processors.available, workers: shape.workers))
            context = own
        }
        self.context = context
        if definition.input?.isAddress == true, let given = request.context {
            try Self.checkUmask(given)
            context = given
        }
        let block = try Self.block(
            read, context, definition, hasInputs: isLease || request.block != nil, limits: limits)
        if let halt = request.halt {
            guard (1...Int(UInt32.max)).contains(halt.failures) else {
                throw .badArgument("halt", value: "\(halt.failures)", expected: "a number of failures of 1 or more")
            }
            plan.failureLimit = UInt32(halt.failures)
            plan.haltsNow = halt.now ? 1 : 0
        }
        if let order = request.outputs {
            // Of functions only those are of interest that print something, unless all are to be told of, or wait for each other.
            let isSelective = definition.input == .argument && order == .ended && request.records != true
            plan.logs = isSelective ? 2 : 1
        }
        if definition.input?.isBytes == true {
            plan.heapBytes = UInt64(read.number("results-limit") ?? 0)
            plan.resultLimit = UInt64(read.number("result-limit") ?? 0)
        }
        let detail = definition.detail
        plan.detailColumns = UInt32(detail.columns.count)
        plan.detailBytes = UInt32(
            TaskDetail.byteCount(columns: detail.columns.count, reasonBytes: detail.reasonBytes))
        var inputs = request.inputs?.map(\.words)
        if let input = definition.input, input.isAddress {
            inputs = try WebInputs.words(inputs ?? [], of: input, output: read.text("output") ?? "")
            addresses = inputs?.map { Secrets.hidden(inAddress: $0[0]) }
        } else {
            addresses = nil
        }
        var lists: InputBlock?
        if definition.input == .command, let block = request.block {
            lists = try Self.lists(block, tasks: tasks, descriptors)
        }
        // Headers and bodies may hold what is nobody else's business.
        input = InputText.text(of: lists?.shownWords ?? addresses?.map { [$0] } ?? inputs ?? [])
        var encodedInputs: TaskInputs?
        if let lists {
            guard let encoded = TaskInputs(shared: shared, lists: lists) else {
                throw .badArgument("context", value: "a word with a NUL in it", expected: "words without")
            }
            encodedInputs = encoded
        } else if let block = request.block {
            let own = try Self.inputs(block, tasks: tasks, descriptors)
            encodedInputs =
                try shared.isEmpty ? own.map(TaskInputs.init) : Self.inputs(own, beside: shared, tasks: tasks)
        } else if definition.input?.isBytes == true, !shared.isEmpty {
            encodedInputs = try Self.inputs(nil, beside: shared, tasks: tasks)
        } else if let words = inputs {
            guard let encoded = TaskInputs(shared: shared, tasks: words) else {
                throw .badArgument("inputs", value: "a word with a NUL in it", expected: "words without")
            }
            encodedInputs = encoded
        }
        if let encodedInputs { plan.note(encodedInputs) }
        Self.shrinkResults(of: &plan, request.arguments ?? [:], to: limits)
        let byteCount = plan.layout.byteCount
        guard byteCount <= limits.ledgerBytes else {
            throw .limitExceeded(limit: "ledger bytes", value: byteCount, allowed: limits.ledgerBytes)
        }
        spec = JobSpec(
            lease: lease, tasks: tasks, plan: plan, arguments: block, inputs: encodedInputs,
            attempts: definition.rerun ? Self.attempts : nil,
            progressNanoseconds: request.outputs == nil && request.early != true
                ? limits.progressNanoseconds : Self.outputNanoseconds)
    }

    /// Leaves results that nobody has asked for a size of a part of the ledger, and no more than there is.
    private static func shrinkResults(of plan: inout JobPlan, _ arguments: [String: String], to limits: JobLimits) {
        guard plan.heapBytes > 0, arguments["results-limit"] == nil else { return }
        var bare = plan
        bare.heapBytes = 0
        let room = (limits.ledgerBytes - bare.layout.byteCount) / Arena.pageBytes * Arena.pageBytes
        let heap = min(Int(plan.heapBytes), limits.unaskedBytes, room)
        if Int(plan.resultLimit) > heap {
            guard heap > 0, arguments["result-limit"] == nil else { return }
            plan.resultLimit = UInt64(heap)
        }
        plan.heapBytes = UInt64(max(heap, 0))
    }

    /// How many tasks are asked for, by number or by what each is given; nil where nothing says so.
    private static func tasks(_ request: Run.Request, of definition: Definition) throws(ControlError) -> Int? {
        if definition.input?.isBytes != true, definition.input != .command, request.block != nil {
            throw .badArgument(
                "block", value: "one", expected: "none, as tasks of \(definition.name) are given no bytes")
        }
        if definition.input == .command, let block = request.block, block.lengths?.isEmpty ?? true {
            throw .badArgument("block", value: "no lengths", expected: "the length of each command's words")
        }
        guard let input = definition.input, !input.isBytes, request.block == nil else {
            if let inputs = request.inputs, !inputs.isEmpty {
                throw .badArgument(
                    "inputs", value: "\(inputs.count)",
                    expected: definition.input == nil
                        ? "none, as tasks of \(definition.name) are given nothing"
                        : "none beside a block, or where tasks are given bytes: see block")
            }
            guard let lengths = request.block?.lengths else { return request.tasks }
            if let tasks = request.tasks, tasks != lengths.count {
                throw .badArgument(
                    "tasks", value: "\(tasks)", expected: "as many as there are lengths: \(lengths.count)")
            }
            return lengths.count
        }
        guard let inputs = request.inputs, !inputs.isEmpty, inputs.allSatisfy({ $0.words.first?.isEmpty == false })
        else {
            throw .badArgument("inputs", value: "nothing", expected: "a \(input.name) for each task")
        }
        if let tasks = request.tasks, tasks != inputs.count {
            throw .badArgument("tasks", value: "\(tasks)", expected: "as many as there are inputs: \(inputs.count)")
        }
        return inputs.count
    }

    /// A block whose parts are the words of each command.
    private static func lists(
        _ block: Run.Block, tasks: Int, _ descriptors: ReceivedDescriptors?
    ) throws(ControlError) -> InputBlock {
        guard let lists = try inputs(block, tasks: tasks, descriptors) else {
            throw .badArgument("block", value: "nothing", expected: "each command's words")
        }
        return lists
    }

    /// Inputs that are a block, which may be empty, beside words that all tasks share.
    private static func inputs(
        _ block: InputBlock?, beside shared: [String], tasks: Int
    ) throws(ControlError) -> TaskInputs {
        guard let inputs = TaskInputs(block ?? InputBlock([], tasks: tasks), shared: shared) else {
            throw .badArgument("context", value: "a word with a NUL in it", expected: "words without")
        }
        return inputs
    }

    /// What a run of a Python function needs its workers to be.
    func python() throws(ControlError) -> InterpreterNeed {
        let name = arguments["function"] ?? ""
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")), colon != name.startIndex,
            name.utf8.index(after: colon) != name.endIndex
        else {
            throw .badArgument(
                "function", value: name, expected: "a file's path or a module's name, a colon and a function's name")
        }
        let target = String(name[..<colon])
        guard !target.utf8.contains(UInt8(ascii: "/")) || target.hasPrefix("/") else {
            throw .badArgument("function", value: name, expected: "a path that begins with /, or a module's name")
        }
        let interpreter = arguments["python"] ?? ""
        guard interpreter.hasPrefix("/") else {
            throw .badArgument("python", value: interpreter, expected: "an interpreter's path that begins with /")
        }
        let context = context ?? .bare
        let preload = (arguments["preload"] ?? "").split(separator: ",").map(String.init)
        return InterpreterNeed(
            family: .init(interpreter: interpreter, directory: context.directory, target: target, preload: preload),
            environment: PythonSettings.environment(
                context.environment, processors: Processors.available, workers: shape.workers))
    }

    /// The block of bytes that tasks are given parts of; nil where it is empty and everybody's.
    private static func inputs(
        _ block: Run.Block, tasks: Int, _ descriptors: ReceivedDescriptors?
    ) throws(ControlError) -> InputBlock? {
        guard (block.base64 == nil) != (block.descriptor == nil) else {
            throw .badArgument("block", value: "no block, or two", expected: "either base64 or a descriptor")
        }
        if block.table != nil, block.lengths != nil || block.descriptor == nil {
            throw .badArgument("block", value: "a table", expected: "one in a file, and no lengths beside it")
        }
        do {
            if let text = block.base64 {
                guard let bytes = Data(base64Encoded: text).map(Array.init) else {
                    throw ControlError.badArgument("block.base64", value: "what it is", expected: "base64")
                }
                guard let lengths = block.lengths else { return bytes.isEmpty ? nil : InputBlock(bytes, tasks: tasks) }
                return try InputBlock(bytes, lengths: lengths)
            }
            let place = block.descriptor ?? 0
            guard let descriptor = descriptors?.take(place, where: InputFile.isFile),
                let file = try InputFile(descriptor)
            else {
                throw ControlError.badArgument(
                    "block.descriptor", value: "\(place)",
                    expected: "the place of a memory file that comes with the call")
            }
            if let lengths = block.lengths { return try InputBlock(file, lengths: lengths) }
            if block.table == nil, file.byteCount == 0 { return nil }
            return try InputBlock(file, table: block.table, tasks: tasks)
        } catch let fault as InputBlock.Fault {
            throw ControlError(fault)
        } catch let error as ControlError {
            throw error
        } catch {
            throw .badArgument(
                "block.descriptor", value: "a file that can't be read", expected: "a memory file: \(error)")
        }
    }

    /// The arguments as workers read them.
    private static func block(
        _ arguments: Arguments, _ context: Context?, _ definition: Definition, hasInputs: Bool, limits: JobLimits
    ) throws(ControlError) -> ArgumentBlock {
        let grace = limits.cancelGraceNanoseconds / graceShare
        do throws(ArgumentBlock.Full) {
            var block = try ArgumentBlock(arguments)
            if definition.runtime == RuntimeName.python {
                try PythonSettings.add(
                    hasInputs: hasInputs, grace: limits.cancelGraceNanoseconds / graceShare, to: &block)
            } else if definition.input == .command, let context {
                try ExecSettings.add(
                    grace: grace, umask: context.umask, inherited: context.inheritance.numbers(where: Self.own),
                    to: &block)
            } else if definition.input?.isAddress == true, let context {
                try block.add(WebSettings.umask, Int64(context.umask))
            }
            let callsFunctions = definition.input == .bytes || definition.input == .argument
            if callsFunctions { try NativeFunction.add(grace: grace, to: &block) }
            return block
        } catch {
            throw .limitExceeded(
                limit: "bytes of all arguments, with \(error.name)", value: error.needed,
                allowed: ArgumentBlock.capacity)
        }
    }

    /// Checks where and how commands are to run.
    private static func check(_ context: Context) throws(ControlError) -> Context {
        if let fault = GivenDirectory.fault(in: context.directory, isForFiles: false) {
            throw .badArgument("context.directory", value: context.directory, expected: fault)
        }
        try checkUmask(context)
        return context
    }

    private static func checkUmask(_ context: Context) throws(ControlError) {
        guard (0...0o777).contains(context.umask) else {
            throw .badArgument("context.umask", value: "\(context.umask)", expected: "permission bits, 0 to 511")
        }
    }

    /// What workers have from the daemon.
    private static let own = Inheritance.ofThisProcess

    /// Reads the workload's options and puts the daemon's directory where none was given.
    private static func read(
        _ given: [String: String], for definition: Definition, directory: String, limits: JobLimits
    ) throws(ControlError) -> Arguments {
        var given = given
        for option in definition.options where option.kind == .path {
            let chosen = given[option.name] ?? ""
            if chosen.isEmpty {
                // Such as that of downloads, which go nowhere where they are not to be kept.
                if option.isDaemonDirectory { given[option.name] = directory }
                continue
            }
            try limits.check(.directories)
            if let fault = GivenDirectory.fault(in: chosen) {
                throw .badArgument(option.name, value: chosen, expected: fault)
            }
        }
        let read: Arguments
        do {
            read = try Arguments(given, for: definition)
        } catch {
            throw .badArgument(error.option, value: error.value, expected: error.expected)
        }
        for (bound, allowed) in limits.bounds where bound.workload == definition.name {
            guard let value = read.number(bound.option), value > allowed else { continue }
            throw .limitExceeded(limit: bound.option, value: value, allowed: allowed)
        }
        return read
    }
}

extension Context {
    /// What commands have from their caller beside directory, umask and environment.
    fileprivate var inheritance: Inheritance {
        Inheritance(ignored: ignored, nice: nice, io: io, oom: oom, policy: policy, cpus: cpus, limits: limits)
    }
}

extension PoolKind {
    /// The pool that serves a run of this shape.
    init(_ shape: WorkerShape, runtime: RuntimeID) {
        let arrangement: Arrangement =
            switch shape.mode {
            case .serial, .threads: .threads
            case .processes: .processes(threads: 1)
            case .mixed: .processes(threads: shape.threads)
            }
        self.init(arrangement, runtime: runtime)
    }
}
