import Control
import Glibc
import Linux
import Report

/// What `parctl run exec` is to do: the commands, and what becomes of their output.
struct ExecPlan {
    let template: CommandTemplate
    /// Arguments with their numbers, from 1: those that are to be run.
    let arguments: [(number: Int, text: String)]
    let keepsOrder: Bool
    let isTagged: Bool
    let isQuiet: Bool
    private let isDry: Bool
    let log: JobLogFile?

    /// What GNU parallel has beside `:::`.
    private static let otherMarks: Set<String> = ["::::", ":::+", "::::+"]

    /// Reads everything that there is to read, and checks it.
    init(_ words: RunWords) throws(CommandError) {
        let options = words.client
        if let other = words.operands.first(where: Self.otherMarks.contains) {
            throw words.fault("there is no '\(other)' here: arguments come after one ':::' or from --arg-file")
        }
        let mark = words.operands.firstIndex(of: ":::")
        let command = Array(words.operands[..<(mark ?? words.operands.endIndex)])
        let isForShell = options["shell"] != nil
        guard !command.isEmpty else {
            throw words.fault("which command? For example: parctl run exec gzip -k {} ::: *.log")
        }
        template = CommandTemplate(command, isForShell: isForShell)
        let source = try Self.source(words, behind: mark)
        let resume = JobLogFile.Resume(options)
        guard resume == .no || options["joblog"] != nil else {
            throw words.fault("--resume and --resume-failed go by the joblog: name it with --joblog")
        }
        isDry = options["dry-run"] != nil
        log =
            isDry && resume == .no
            ? nil
            : try options["joblog"]?.last.map { path throws(CommandError) in try JobLogFile(path, resume: resume) }
        let known = log?.known ?? []
        switch source {
        case .words(let texts):
            arguments = zip(1..., texts).filter { !known.contains($0.0) }.map { (number: $0, text: $1) }
        case .file(let path):
            var list = ArgumentList(without: known)
            try list.read(path, end: options["null"] == nil ? UInt8(ascii: "\n") : 0)
            arguments = list.arguments
        }
        keepsOrder = options["keep-order"] != nil
        isTagged = options["tag"] != nil
        isQuiet = options["quiet"] != nil
    }

    /// Where the arguments come from.
    private enum Source {
        case words(ArraySlice<String>)
        /// `-` is standard input.
        case file(String)
    }

    /// - Parameter mark: the place of the `:::`, if there is one.
    private static func source(_ words: RunWords, behind mark: Int?) throws(CommandError) -> Source {
        let file = words.client["arg-file"]
        guard let mark else {
            let path = file?.last ?? "-"
            guard path != "-" || isatty(STDIN_FILENO) != 1 else {
                throw words.fault("what to run it on? Add ':::' and the arguments, or --arg-file, or pipe them in")
            }
            return .file(path)
        }
        guard file == nil else { throw words.fault("arguments come after ':::' or from --arg-file, not both") }
        let texts = words.operands[(mark + 1)...]
        guard !texts.contains(":::") else {
            throw words.fault("there can be only one ':::', as a command is run for one argument at a time")
        }
        return .words(texts)
    }

    /// Whether there is nothing to be run: it was only to be shown, which is done then, or has all been run before.
    func isDone() throws(CommandError) -> Bool {
        if isDry {
            for task in arguments.indices { try StandardOutput.write(line(of: task) + "\n") }
        } else if arguments.isEmpty {
            let done = log.map(\.known.count) ?? 0
            StandardError.write(
                done > 0
                    ? "parctl: all that is to be run is in the joblog already: \(Units.counted(done, "command"))\n"
                    : "parctl: there is no argument to run the command for\n")
        }
        return isDry || arguments.isEmpty
    }

    /// What each task is given.
    var inputs: [[String]] { arguments.map { template.command(for: $0.text, number: $0.number) } }

    /// The command of a task as it would be typed.
    func line(of task: Int) -> String { template.line(for: arguments[task].text, number: arguments[task].number) }
}

extension Context {
    /// This process's own.
    static var ofThisProcess: Context {
        let mask = Glibc.umask(0)
        Glibc.umask(mask)
        // A variable that isn't UTF-8 can't be sent, and must not arrive as something else.
        return Context(directory: Environment.directory, umask: Int(mask), environment: Variables.ownTexts)
    }
}
