import Bytes
import Glibc
import Linux

/// Scripts that stand for interpreters, such as pyenv's: each is asked which one it starts, and the answer kept for a while.
///
/// A script may choose by directory and variables, and by files that nobody but itself knows of: so an answer is of use for the
/// same ones only, and not for long.
struct InterpreterShims: Sendable {
    private struct Question: Hashable {
        let path: String
        let identity: String
        let directory: String
        /// The variables by which the usual ones choose.
        let chosen: [String]
    }

    private var answers: [Question: (interpreter: String, askedAt: UInt64)] = [:]

    /// How long an answer is kept, and how many are.
    private static let keptNanoseconds: UInt64 = 60_000_000_000
    private static let keptCount = 64
    private static let choosers = ["PATH=", "PYENV_VERSION=", "ASDF_PYTHON_VERSION=", "PYENV_ROOT=", "ASDF_DATA_DIR="]

    /// Whether a file is a script.
    static func isScript(_ path: String) -> Bool {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
        guard let raw = try? system("open", { open(path.cBytes, flags) }) else { return false }
        let file = Descriptor(owning: raw)
        var start: [UInt8] = [0, 0]
        return Glibc.read(file.raw, &start, start.count) == start.count && start == Array("#!".utf8)
    }

    private static func question(_ need: InterpreterNeed) -> Question {
        let path = need.family.interpreter
        return Question(
            path: path, identity: FileStamp.of(path), directory: need.caller ?? need.family.directory,
            chosen: need.environment.filter { variable in choosers.contains(where: variable.hasPrefix) })
    }

    /// What a script has answered lately; nil where it has to be asked.
    func answer(to need: InterpreterNeed, _ now: UInt64) -> String? {
        guard let (interpreter, askedAt) = answers[Self.question(need)], now < askedAt + Self.keptNanoseconds else {
            return nil
        }
        return interpreter
    }

    mutating func note(_ interpreter: String, of need: InterpreterNeed, _ now: UInt64) {
        if answers.count >= Self.keptCount { answers = [:] }
        answers[Self.question(need)] = (interpreter, now)
    }

    // MARK: Asking

    private static let mark = "pard:"
    private static let limit = 1 << 16

    /// Asks a script which interpreter it starts, which may take as long as `nanoseconds`.
    static func ask(_ need: InterpreterNeed, within nanoseconds: UInt64) throws(RuntimeRefusal) -> String {
        let path = need.family.interpreter
        let text: String
        do {
            text = try output(of: path, need, within: nanoseconds)
        } catch {
            throw .broken("\(path), a script, can't be asked for its interpreter: \(error)")
        }
        let lines = text.split(separator: "\n")
        if let line = lines.last(where: { $0.hasPrefix(mark) }), line.dropFirst(mark.count).first == "/" {
            return String(line.dropFirst(mark.count))
        }
        throw .broken("\(path), a script, does not say which interpreter it starts: \(lines.last ?? "it says nothing")")
    }

    /// What the script writes, both ways, until it ends or its time is over.
    private static func output(
        of path: String, _ need: InterpreterNeed, within nanoseconds: UInt64
    ) throws(SystemError) -> String {
        let pipe = try Pipe()
        var program = Program(
            path: "/bin/sh",
            arguments: [
                "-c", #"exec "$0" -c "$1" 2>&1"#, path,
                "import os, sys; os.write(1, b'\\n\(mark)' + os.fsencode(sys.executable) + b'\\n')",
            ], environment: Variables(need.environment), descriptors: [])
        program.directory = need.caller ?? need.family.directory
        program.hasNoInput = true
        program.output = pipe.writer.raw
        let pid = try program.spawn()
        // It leads a group of its own. What is left of that has no use.
        defer {
            kill(-pid, SIGKILL)
            // Unless the supervisor has done so, for which the process is a stranger.
            waitpid(pid, nil, 0)
        }
        return try read(pipe.keepReader(), until: Monotonic.now() + nanoseconds)
    }

    private static func read(_ file: consuming Descriptor, until deadline: UInt64) throws(SystemError) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let left = Monotonic.milliseconds(until: deadline)
            if left == 0 { throw SystemError("poll", .timedOut) }
            var event = pollfd(fd: file.raw, events: Int16(POLLIN), revents: 0)
            if try system("poll", { poll(&event, 1, left) }) == 0 { continue }
            let raw = file.raw
            let count = try system("read") { Glibc.read(raw, &piece, piece.count) }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        return String(bytes: bytes)
    }
}
