import Bytes
import Control
import Glibc
import Linux

/// The interpreter itself, as it runs a script where no warm one can.
struct ColdPython {
    /// Its path.
    let interpreter: String
    private let words: [String]
    private let why: Bool

    /// Standard streams that this program was started without. Written once, before there is another thread.
    nonisolated(unsafe) static var missing: [Int32] = []

    /// Whether this program lacks what it needs to speak to a daemon. Likewise.
    nonisolated(unsafe) static var isShort = false

    /// Names the process in which a script that stands for the interpreter was started, so that one which starts this program
    /// again is found out. A process keeps its number as it becomes another program.
    private static let mark = "PARD_PYTHON_PROCESS"

    init(_ line: PythonLine) throws(CommandError) {
        words = line.words
        why = line.why
        guard let found = Self.find(line.python) else {
            throw .usage(
                line.python.map { "--python: there is no program '\($0)'" }
                    ?? "there is no python3 in PATH: name an interpreter with --python", help: "parctl python --help")
        }
        interpreter = found
    }

    private static func find(_ given: String?) -> String? {
        let directory = Environment.directory
        let found = PythonTarget.find(given ?? "python3", directory)
        guard Environment.value(mark) == String(ThisProcess.pid), given == nil else { return found }
        // The python3 in PATH is a script that has started this program: another one is meant.
        let folders = (Environment.value("PATH") ?? "").split(separator: ":")
        return folders.lazy.map { PythonTarget.absolute("\($0)/python3", directory) }
            .first { access($0.cBytes, X_OK) == 0 && !isScript($0) }
    }

    private static func isScript(_ path: String) -> Bool {
        let file = open(path.cBytes, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var start: [UInt8] = [0, 0]
        return read(file, &start, 2) == 2 && start == Array("#!".utf8)
    }

    /// Why no fork of a warm interpreter can run a script for this process; nil where nothing is known to be in the way.
    func reason(for line: PythonLine) -> String? {
        if Environment.value("PARD_PYTHON") == "cold" { return "PARD_PYTHON is cold" }
        if Self.isShort { return "the limit of the address space is too low" }
        if !Self.missing.isEmpty { return "a standard stream is closed" }
        if getuid() != geteuid() || getgid() != getegid() { return "this program has rights of another user" }
        let isTerminal = isatty(STDIN_FILENO) == 1
        if line.kind == .input, isTerminal { return "standard input is a terminal, where the interpreter talks itself" }
        if isTerminal, tcgetpgrp(STDIN_FILENO) >= 0, tcgetpgrp(STDIN_FILENO) != getpgrp() {
            return "it is a job in the background of a terminal"
        }
        if line.kind == .file, line.script.hasSuffix(".pyc") { return "the script is compiled" }
        if let name = Self.variables.first(where: { Environment.value($0) != nil }) { return "\(name) is set" }
        return Environment.directoryFault
    }

    /// What an interpreter does for these, it does at its own start or end.
    private static let variables = [
        "PYTHONINSPECT", "PYTHONPROFILEIMPORTTIME", "PYTHONTRACEMALLOC", "PYTHONDUMPREFS", "PYTHONDUMPREFSFILE",
        "PYTHONMALLOCSTATS", "PYTHONPLATLIBDIR", "PYTHON_PERF_JIT_SUPPORT", "PYTHONPERFSUPPORT",
    ]

    /// Becomes the interpreter. Returns only by throwing.
    func begin(because reason: String) throws(CommandError) -> Never {
        if why { StandardError.write("parctl: cold: \(CommandError.clean(reason))\n") }
        IgnoredSignals.end()
        for stream in Self.missing { close(stream) }
        if Self.isScript(interpreter) { setenv(Self.mark, String(ThisProcess.pid), 1) } else { unsetenv(Self.mark) }
        withCStrings([interpreter] + words) { _ = execv(interpreter.cBytes, $0) }
        throw .system(call: "\(interpreter) can't be started", errno: errno)
    }
}
