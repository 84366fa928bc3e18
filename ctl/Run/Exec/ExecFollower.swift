import Bytes
import Control
import Glibc
import Report

/// Who is told how a run goes while it does.
protocol RunFollower: AnyObject {
    /// The run has been accepted, which is the zero of all times in records.
    func begin() throws(CommandError)
    /// Throws a ``CommandError``, or what `interruption` throws while a piece is printed.
    func take(_ piece: Output, _ interruption: Interruption) throws
    /// Takes what tasks have handed back, whole and in the order of the tasks. Throws as for an output.
    func take(early results: [Output], _ interruption: Interruption) throws
}

/// Takes in what the commands of a run wrote and how they ended, while they end.
final class ExecFollower: RunFollower {
    let plan: ExecPlan
    /// The run's commands, in the order of its tasks.
    private let jobs: [ExecJob]
    private var printer: OutputPrinter
    private let style: TextStyle
    private var first: FirstFailure?
    private var results: ResultFiles?
    private var notFound = NotFound()
    /// Commands of which something was shown before their end.
    private var shownNow: Set<Int> = []
    /// The task whose pieces come now.
    private var current: Int?
    /// Whether what a halt has cut off is told no more than its end.
    var dropsCut = false

    /// - Parameters:
    ///   - isBesideData: whether standard output is for a document, so that commands' output goes elsewhere.
    ///   - style: what standard error can show.
    init(_ plan: ExecPlan, isBesideData: Bool, style: TextStyle) throws(CommandError) {
        self.plan = plan
        self.style = style
        jobs = plan.jobs
        printer = OutputPrinter(output: isBesideData ? STDERR_FILENO : STDOUT_FILENO)
        results = try ResultFiles(plan)
    }

    /// The exit status of the command that failed first; nil where none has.
    var firstFailure: Int32? { first?.status }

    func begin() throws(CommandError) {
        try plan.log?.begin()
    }

    func take(_ piece: Output, _ interruption: Interruption) throws {
        let job = jobs[piece.task]
        let isFirst = current != piece.task
        current = piece.record == nil ? piece.task : nil
        let isCut = dropsCut && piece.record?.status == "cancelled"
        let output = isCut ? [] : try OutputPrinter.bytes(of: piece.stdout)
        let errors = isCut ? [] : try OutputPrinter.bytes(of: piece.stderr)
        try show(output, errors, of: job, isFirst: isFirst, isLast: piece.record != nil, interruption)
        guard let record = piece.record else { return }
        try end(job, record)
    }

    /// Prints a piece of what a command has written, or keeps it.
    func show(
        _ output: [UInt8], _ errors: [UInt8], of job: ExecJob, isFirst: Bool, isLast: Bool, slot: Int = 1,
        _ interruption: Interruption
    ) throws {
        let announces = isFirst && plan.options.output == .whole
        let command = announces && plan.options.printsCommand ? plan.line(of: job, slot: slot) + [0x0A] : []
        if announces, plan.options.tellsCommand { tellCommand(job, slot) }
        if let results {
            try results.add(output, errors, of: job, isFirst: isFirst && shownNow.remove(job.number) == nil)
            if !results.prints { return }
        }
        try printer.print(command + output, errors, tag: plan.tag(of: job, slot: slot), isLast: isLast, interruption)
    }

    /// Says that a command begins, where what it writes is not kept until its end.
    func announce(_ job: ExecJob, slot: Int, _ interruption: Interruption) throws {
        if plan.options.tellsCommand { tellCommand(job, slot) }
        guard plan.options.printsCommand else { return }
        try printer.print(plan.line(of: job, slot: slot) + [0x0A], [], tag: nil, isLast: true, interruption)
    }

    private func tellCommand(_ job: ExecJob, _ slot: Int) {
        StandardError.write(style.clean(String(bytes: plan.line(of: job, slot: slot))) + "\n")
    }

    /// Prints what a command has written just now, without waiting for its end.
    func showNow(
        _ output: [UInt8], _ errors: [UInt8], of job: ExecJob, slot: Int, _ interruption: Interruption
    ) throws {
        if let results {
            try results.add(output, errors, of: job, isFirst: shownNow.insert(job.number).inserted)
            if !results.prints { return }
        }
        // Lines are whole, and each has its tag; what comes as it is has none.
        let tag = plan.options.output == .lines ? plan.tag(of: job, slot: slot) : nil
        try printer.print(output, errors, tag: tag, isLast: true, interruption)
    }

    /// A command has come to its end.
    func end(_ job: ExecJob, _ record: Record, slot: Int = 1) throws(CommandError) {
        if record.status == "failed" { first = FirstFailure(record, or: first) }
        tell(of: record, job)
        try plan.log?.add(record, number: job.number, line: plan.line(of: job, slot: slot))
    }

    /// Commands hand nothing back.
    func take(early results: [Output], _ interruption: Interruption) {}

    /// Says why a command failed that could not say so itself: it was not started, or it was ended.
    private func tell(of record: Record, _ job: ExecJob) {
        guard record.status == "failed" || record.status == "lost", let reason = record.reason else { return }
        if let command = record.command {
            if command.spawn > 0, command.exitCode > 0, command.cause == nil { return }
            if command.exitCode == CommandRecord.unwanted { return }
            if command.spawn == 0, command.exitCode == 127, let text = notFound.text(plan.command(of: job).words) {
                return StandardError.write("parctl: \(style.clean(text))\n")
            }
        }
        // Arguments are often names of files, which may hold anything.
        let line = plan.shownLine(of: job)
        StandardError.write("parctl: \(style.clean(line)): \(style.clean(reason))\n")
    }
}

/// What to say of a command that is not found, with what may have been meant.
struct NotFound {
    /// The command that was looked for last, and what there is to say of it.
    private var last: (name: String, text: String?)?

    /// Nil where something is there, so that it was something else.
    mutating func text(_ command: [[UInt8]]) -> String? {
        let name = String(bytes: command.first ?? [])
        if let last, last.name == name { return last.text }
        let text = Self.text(name)
        last = (name, text)
        return text
    }

    private static func text(_ name: String) -> String? {
        if name.utf8.contains(UInt8(ascii: "/")) {
            return access(name.cBytes, F_OK) == 0 ? nil : "\(name): No such file or directory"
        }
        guard access(name.cBytes, F_OK) != 0 else {
            return access(name.cBytes, X_OK) == 0
                ? "\(name): command not found; did you mean './\(name)'?"
                : "\(name): command not found; there is a file of that name: 'chmod +x \(name)' and './\(name)', or name "
                    + "the program that runs it"
        }
        let near = Suggestion.nearest(to: name, in: programs(like: name)).map { "; did you mean '\($0)'?" }
        return "\(name): command not found\(near ?? "")"
    }

    /// Programs in `$PATH` with names of about the same length.
    private static func programs(like name: String) -> [String] {
        let length = name.utf8.count
        let places = (Environment.value("PATH") ?? "/bin:/usr/bin").split(separator: ":")
        var names: Set<String> = []
        for place in places {
            guard let folder = opendir(String(place).cBytes) else { continue }
            defer { closedir(folder) }
            while let entry = readdir(folder) {
                let found = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(bytes: Array(bytes.prefix { $0 != 0 }))
                }
                if abs(found.utf8.count - length) <= 2 { names.insert(found) }
            }
        }
        return names.sorted()
    }
}

/// Of the commands that failed, the one that ended first, whatever the order in which they are told.
struct FirstFailure: Equatable {
    /// As shells have it: the exit code, or 128 and the signal's number.
    let status: Int32
    /// Nanoseconds since the run's acceptance.
    private let stop: Int

    /// `record`, or `other` where that ended before it.
    init(_ record: Record, or other: FirstFailure?) {
        if let other, other.stop <= record.stop {
            self = other
        } else {
            status = Self.status(of: record.command)
            stop = record.stop
        }
    }

    static func status(of command: CommandRecord?) -> Int32 {
        guard let command else { return ExecStatus.other }
        if command.signal > 0 { return 128 + Int32(command.signal) }
        return command.exitCode == CommandRecord.unwanted ? 254 : Int32(max(command.exitCode, 1))
    }
}

/// The exit statuses of `parctl run exec`, which are GNU parallel's.
enum ExecStatus {
    /// More commands failed than there are numbers for.
    static let many: Int32 = 101
    /// Anything else than a command went wrong.
    static let other: Int32 = 255

    /// The status of a run that failed: how many commands failed, or where one was enough to halt it, that one's own.
    static func status(_ tasks: Tasks, halt: Halt?, firstFailure: Int32?) -> Int32 {
        let failed = tasks.failed + tasks.lost
        // Such as workers that didn't start: no command is to blame.
        guard failed > 0 else { return other }
        if halt?.failures == 1, let firstFailure { return firstFailure }
        return Int32(min(failed, Int(many)))
    }

    static let help = """
        EXIT STATUS:
          0        every command ended with exit code 0
          1 - 100  that many commands failed
          101      more than 100 commands failed
          130      the run was cancelled
          141      nobody reads the output any more
          255      anything else: wrong usage, no daemon or one that went away, not permitted, no workers
          With --halt now,fail=1 or soon,fail=1 it is that of the command that failed.
        """
}

/// What `parctl run exec --help` says beside the catalogue.
enum ExecHelp {
    static let text = """

        Options and places are those of GNU parallel; the table below lists them all. $PARALLEL may hold options for every line.
        Arguments come after ':::', from the files after '::::' or --arg-file, or from standard input, one on each line; commands
        start while it is read. With several sources, each argument of one is combined with each of the others; ':::+', '::::+'
        and --link take them side by side.
        Without a command, each line is a command. The command starts with the first word that is not an option, and everything
        up to ':::' belongs to it. Commands themselves have nothing to read (/dev/null), unless --pipe gives them parts of the input,
        or --tty the terminal.

        A command that is one word with a space or a shell's sign in it is run by the shell, and arguments are quoted in it; the
        same goes for a shell's own commands. With several words, each reaches the program as it is, unless one is a sign by
        itself, such as '|' or '>', or begins with one, as in '2>/dev/null' or '<{}', is in quotes of its own, as in '"{}"', or is
        a path with a variable, as in '$HOME/{}'.
        --quote hands all words on as they are.

        {}   the argument; at the end where the command has no place for it    {#}  its number    {%}  the slot, from 1
        {.}  without its extension    {/}  its last part    {//}  its directory    {/.}  {/} without extension
        {2} {2.} {-1}  the same of one argument of several, {name} of a column (--header :)    {##}  how many there are

        The output of each command is printed in one piece; the receipt goes to standard error. --timeout is for each command, and
        --halt soon,fail=N or now,fail=N ends the run once N commands have failed. --timeout 200% is twice the median time of the
        commands that have done well so far.

        With --tty, a command is started by parctl itself rather than by a worker, as only its own children can have its terminal;
        a worker waits for it, so that it counts and is timed as any other.

        \(ExecStatus.help)

        OPTIONS OF GNU PARALLEL AND XARGS:
        \(ForeignOption.table)
        """
}
