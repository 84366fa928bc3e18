import Bytes
import Catalogue
import Control
import Glibc
import Linux
import Report

/// What `parctl run exec` is to do: the commands, and what becomes of their output.
final class ExecPlan {
    let options: ExecOptions
    let template: CommandTemplate
    let log: JobLogFile?
    /// How many commands run at a time.
    var slots: Int
    private let tag: CommandTemplate?
    /// Where each command runs, where that is not the same for all.
    private let place: CommandTemplate?
    private var input: ExecInput
    /// What standard input is cut into parts by; nil where it has arguments.
    private let parts: PipeReader?
    /// The commands that are given the parts in turn (`--round-robin`).
    let turns: PartTurns?
    /// How many have been taken from the input, those included that are not to be run.
    private var count = 0
    /// What was taken and is not begun yet.
    private(set) var jobs: [ExecJob] = []
    /// How many of them have been handed out.
    private var taken = 0
    /// Whether ``jobs`` are all that there are.
    private(set) var isComplete = false
    private(set) var total = 0

    /// Commands, and bytes of their arguments, up to which a run is one call to the daemon.
    static let jobsAtOnce = 20_000
    static let bytesAtOnce = 256 << 10
    /// How long to wait for the input's end before the first command is begun, in milliseconds.
    private static let patience: Int32 = 20
    /// What `-j0` stands for: less than a daemon's usual limit on workers.
    private static let most = 200

    /// Reads what there is to read before the first command, and checks it.
    ///
    /// - Parameters:
    ///   - readsAll: whether to read all of it.
    ///   - raw: the words behind the options, where they aren't those of `words`, byte by byte.
    init(_ words: RunWords, readsAll: Bool = false, raw: [[UInt8]]? = nil) throws(CommandError) {
        let options = try ExecOptions(words)
        self.options = options
        var line = InputSource.line(
            raw ?? words.operands.map(\.bytes), mark: words.client["arg-sep"]?.last ?? ":::",
            fileMark: words.client["arg-file-sep"]?.last ?? "::::")
        let processors = Processors.available
        guard
            let slots = (options.jobs ?? (options.hasTerminal ? .exactly(1) : .percent(100))).number(
                processors: processors, most: Self.most)
        else {
            throw words.fault("--jobs leaves no command to run at a time: there are \(processors) processors")
        }
        self.slots = slots
        let sources: [InputSource]
        if words.client["retry-failed"] != nil {
            // All that there is to run is in the joblog.
            (parts, turns) = (nil, nil)
            line.command = []
            sources = [InputSource(place: .words([]), isLinked: false)]
        } else if let pipe = options.pipe {
            guard line.sources.isEmpty, options.files.count < 2 else {
                throw words.fault("--pipe gives commands parts of one input: there can't be ':::'")
            }
            let parts = try PipeReader(options.files.first ?? "-", pipe)
            self.parts = parts
            turns = pipe.way == .turns ? PartTurns(parts, inOrder: options.keepsOrder) : nil
            sources = []
        } else {
            parts = nil
            turns = nil
            sources = try Self.sources(line, options, words)
        }
        var input = try ExecInput(sources, options, slots: slots)
        let names = input.names
        let template = try Self.template(line.command, options, names, words)
        self.template = template
        tag = try options.tag.map { text throws(CommandError) in
            try Self.template([text], options, names, words, isTag: true)
        }
        let place = try options.directory.map { path throws(CommandError) in
            try Self.template([path.bytes], options, names, words, isTag: true)
        }
        self.place = place?.hasAnyPlace == true ? place : nil
        let isRetry = words.client["retry-failed"] != nil
        let resume = JobLogFile.Resume(words.client)
        guard resume == .no || words.client["joblog"] != nil else {
            throw words.fault("--resume, --resume-failed and --retry-failed need a joblog: name it with --joblog")
        }
        log =
            options.isDry && resume == .no
            ? nil
            : try words.client["joblog"]?.last.map { path throws(CommandError) in
                try JobLogFile(path, resume: resume, appends: words.client["joblog-append"] != nil)
            }
        if options.gathering != .none {
            input.fit(fixed: template.fixedBytes) { template.bytes(of: $0) }
        }
        self.input = input
        try gather(all: readsAll)
        guard isRetry, let path = words.client["joblog"]?.last else { return }
        jobs = try JobLogFile.failed(in: path).map { ExecJob(number: $0.number, arguments: [$0.line]) }
        total = jobs.count
    }

    private static func sources(
        _ line: InputSource.Line, _ options: ExecOptions, _ words: RunWords
    ) throws(CommandError) -> [InputSource] {
        let files = options.files.map { InputSource(place: .file($0.bytes), isLinked: false) }
        let sources = files + line.sources
        if !sources.isEmpty { return sources }
        guard isatty(STDIN_FILENO) != 1 else {
            if line.command.isEmpty {
                throw words.fault("which command? For example: parctl run exec gzip -k {} ::: *.log")
            }
            throw words.fault("what to run it on? Add ':::' and the arguments, or --arg-file, or pipe them in")
        }
        return [InputSource(place: .file([UInt8(ascii: "-")]), isLinked: false)]
    }

    private static func template(
        _ command: [[UInt8]], _ options: ExecOptions, _ names: [[UInt8]]?, _ words: RunWords, isTag: Bool = false
    ) throws(CommandError) -> CommandTemplate {
        var reader = options.reader
        reader.names = names
        let isLine =
            !isTag && !command.isEmpty
            && CommandTemplate.Way.isLine(
                command, isExact: options.isExact, isVariable: { $0.hasPrefix("PARALLEL_") || getenv($0) != nil },
                isFunction: ShellFunction.isExported, isFile: isProgram)
        let way: CommandTemplate.Way =
            isTag
            ? .words
            : command.isEmpty
                ? .lines(UserShell.path())
                : options.isForShell
                    ? .shell(UserShell.standard) : isLine ? .shell(UserShell.path(for: command[0])) : .words
        do {
            return try CommandTemplate(
                command, way: way, reader: reader, repeatsWords: options.repeatsWords,
                appends: !isTag && (options.pipe == nil || options.namesParts))
        } catch {
            throw words.fault(error.text)
        }
    }

    /// Whether `word` is a path of a program.
    private static func isProgram(_ word: [UInt8]) -> Bool {
        guard word.contains(UInt8(ascii: "/")) else { return false }
        return access(String(bytes: word).cBytes, X_OK) == 0
    }

    // MARK: The commands

    /// Takes commands from the input until its end, or until there are more than go into one call, or the input keeps it waiting.
    private func gather(all: Bool) throws(CommandError) {
        if parts != nil { return }
        let needsAll = all || template.needsTotal || options.isShuffled || options.halts.map(\.isPercent) == true
        var bytes = 0
        let deadline = Int(Monotonic.now()) + Int(Self.patience) * 1_000_000
        // What stands in the command line is there already.
        let isFile = input.awaited >= 0
        while needsAll || (jobs.count < Self.jobsAtOnce && bytes < Self.bytesAtOnce) {
            if isFile, !needsAll, jobs.count % 32 == 31, Int(Monotonic.now()) > deadline { return }
            switch try take(waits: needsAll) {
            case .job(let job):
                jobs.append(job)
                bytes += job.words.bytes.count + 8 * job.words.count
            case .end:
                isComplete = true
                total = count
                if options.isShuffled { shuffle() }
                return
            case .later:
                let left = (deadline - Int(Monotonic.now())) / 1_000_000
                guard left > 0 else { return }
                var state = pollfd(fd: input.awaited, events: Int16(POLLIN), revents: 0)
                _ = poll(&state, 1, Int32(left))
            }
        }
    }

    private func shuffle() {
        let shuffled = jobs.map(\.words).shuffled()
        jobs = zip(jobs, shuffled).map { ExecJob(number: $0.number, $1) }
    }

    enum Next {
        case job(ExecJob)
        /// It has not come yet: wait for ``awaited``.
        case later
        case end
    }

    /// The descriptor that brings the next argument.
    var awaited: Int32 { parts?.awaited ?? input.awaited }

    /// The next command that is to be run.
    func next() throws(CommandError) -> Next {
        if taken < jobs.count {
            taken += 1
            if taken < jobs.count { return .job(jobs[taken - 1]) }
            defer { (jobs, taken) = ([], 0) }
            return .job(jobs[taken - 1])
        }
        if isComplete { return .end }
        let next = try take(waits: false)
        if case .end = next {
            isComplete = true
            total = count
        }
        return next
    }

    /// Those that the joblog knows are passed over, and count.
    private func take(waits: Bool) throws(CommandError) -> Next {
        while true {
            if let parts {
                switch try parts.next() {
                case .end: return .end
                case .later: return .later
                case .part(let part):
                    count += 1
                    if log?.known.contains(count) == true { continue }
                    let names = options.namesParts ? [PartFile.variable] : []
                    return .job(ExecJob(number: count, arguments: names, block: part))
                }
            }
            switch try input.next(waits: waits) {
            case .end: return .end
            case .later: return .later
            case .arguments(let arguments):
                count += 1
                if log?.known.contains(count) == true { continue }
                return .job(ExecJob(number: count, arguments))
            }
        }
    }

    /// Whether there is nothing to be run: it was only to be shown, which is done then, or has all been run before.
    func isDone() throws(CommandError) -> Bool {
        if options.isDry {
            while true {
                if jobs.isEmpty, !isComplete {
                    switch try take(waits: true) {
                    case .job(let job): jobs.append(job)
                    case .later:
                        var state = pollfd(fd: awaited, events: Int16(POLLIN), revents: 0)
                        _ = poll(&state, 1, -1)
                        continue
                    case .end: isComplete = true
                    }
                }
                guard !jobs.isEmpty else { return true }
                for job in jobs {
                    // The slots that they would have if all took equally long.
                    let slot = (job.number - 1) % max(slots, 1) + 1
                    let tag = tag(of: job, slot: slot).map { $0 + [UInt8(ascii: "\t")] } ?? []
                    try StandardOutput.write(tag + line(of: job, slot: slot) + [0x0A])
                }
                jobs = []
            }
        }
        if let directory { try ResultFiles.makeFolder(of: directory.bytes + [UInt8(ascii: "/")]) }
        guard isComplete, jobs.isEmpty, parts == nil else { return false }
        let done = log.map(\.known.count) ?? 0
        StandardError.write(
            done > 0
                ? "parctl: all that is to be run is in the joblog already: \(Units.counted(done, "command"))\n"
                : "parctl: there is no argument to run the command for\n")
        return true
    }

    /// Whether the run is one call to the daemon: all commands are known, and the daemon sees to their beginning.
    var isOneCall: Bool { isComplete && !template.needsSlot && !options.needsPacing }

    private func values(of job: ExecJob, slot: Int = 1) -> CommandTemplate.Values {
        CommandTemplate.Values(
            arguments: job.arguments, number: job.number, slot: slot, total: isComplete ? total : 0, slots: slots,
            areLine: options.namesParts)
    }

    /// The words of a command.
    ///
    /// - Parameter part: the file of its part of the input, where it is given that by its name.
    func command(of job: ExecJob, slot: Int = 1, part: PartFile? = nil) -> WordList {
        if var command = plainCommand, part == nil {
            command.append(job.words)
            if !InheritedFiles.areMeant(in: command) { return command }
        }
        return WordList(fullCommand(of: job, slot: slot, part: part))
    }

    /// What stands before the arguments where that and they are all of each command; nil where they have to be looked at.
    private lazy var plainCommand: WordList? =
        options.nice == nil && place == nil ? template.plainWords.map(WordList.init) : nil

    private func fullCommand(of job: ExecJob, slot: Int, part: PartFile?) -> [[UInt8]] {
        var values = values(of: job, slot: slot)
        if let part { (values.arguments, values.areLine) = ([part.path.bytes], false) }
        let command = InheritedFiles.reached(in: template.command(values))
        let nice = options.nice.map { ["nice", "-n", $0].map { Array($0.utf8) } + command } ?? command
        guard let place else { return nice }
        let folder = place.text(self.values(of: job, slot: slot))
        // Where it can't be made, the command says why it can't be run there.
        try? ResultFiles.makeFolder(of: folder + [UInt8(ascii: "/")])
        return WrapperShell.words + [Array("cd -- \"$0\" && exec \"$@\"".utf8), folder] + nice
    }

    /// Where all commands run; nil for where this program was started, or where each says it itself.
    var directory: String? {
        guard place == nil, let path = options.directory else { return nil }
        return path.utf8.first == UInt8(ascii: "/") ? path : Environment.directory + "/" + path
    }

    /// A command as it would be typed.
    func line(of job: ExecJob, slot: Int = 1) -> [UInt8] { template.line(values(of: job, slot: slot)) }

    /// What its lines begin with; nil for nothing.
    func tag(of job: ExecJob, slot: Int = 1) -> [UInt8]? { tag?.text(values(of: job, slot: slot)) }

    /// A text with the places of a command in it.
    func text(_ template: CommandTemplate, of job: ExecJob) -> [UInt8] { template.text(values(of: job)) }

    var names: [[UInt8]]? { input.names }

    // MARK: All in one call

    /// What each task is given.
    func inputs() -> [[String]] { jobs.map { command(of: $0).texts } }

    /// The command of a task, for people.
    func line(of task: Int) -> String { shownLine(of: jobs[task]) }

    /// A command, for people: as it would be typed but for users and passwords in URLs.
    func shownLine(of job: ExecJob, slot: Int = 1) -> String {
        Secrets.hidden(in: String(bytes: line(of: job, slot: slot)))
    }
}

extension Halts {
    var isPercent: Bool { if case .percent = amount { true } else { false } }
}

/// Functions of a shell in the environment, as bash exports them.
enum ShellFunction {
    static func isExported(_ word: [UInt8]) -> Bool {
        guard !word.isEmpty, !word.contains(0) else { return false }
        return getenv("BASH_FUNC_\(String(bytes: word))%%".cBytes) != nil
    }
}

extension UserShell {
    /// The shell for a line whose first word is `word`: functions of bash are known to bash alone.
    static func path(for word: [UInt8]) -> String {
        let name = word.prefix { $0 != 0x20 }
        let path = path()
        return ShellFunction.isExported(Array(name)) && !path.hasSuffix("bash") ? "/bin/bash" : path
    }
}

extension CommandTemplate {
    /// Bytes of a line that are there whatever the arguments are, the one at its end included.
    var fixedBytes: Int {
        let sample = [UInt8(ascii: "x")]
        return line(Values(arguments: [sample], number: 1)).count - bytes(of: sample) + 1
    }

    /// What an argument adds to a line.
    func bytes(of argument: [UInt8]) -> Int {
        line(Values(arguments: [argument, argument], number: 1)).count
            - line(Values(arguments: [argument], number: 1)).count
    }
}
