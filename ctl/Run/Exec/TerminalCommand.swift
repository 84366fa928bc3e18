import Bytes
import Control
import Glibc
import Linux

/// A command that has the terminal (`--tty`, `--open-tty`): a child of this process, as a terminal belongs to one session. A worker
/// has a place and the time for it, and is told how it ended.
final class TerminalCommand {
    private let words: [[UInt8]]
    private let directory: String?
    private let output: Int32
    private let errors: Int32
    /// What the worker reads how it ended from.
    private let report: (reader: Int32, writer: Int32)
    private var process: ProcessHandle?
    /// What the command took of the processors, in nanoseconds.
    private(set) var user = 0
    private(set) var system = 0
    /// When one that was asked to end is killed, in nanoseconds of ``Monotonic``.
    private(set) var killAt: Int?

    /// Nanoseconds from SIGTERM to SIGKILL.
    private static let grace = 1_000_000_000

    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - directory: where it runs; nil for where this process does.
    ///   - output: what becomes its standard output, and `errors` its standard error.
    init(_ words: [[UInt8]], in directory: String?, output: Int32, errors: Int32) throws(CommandError) {
        self.words = words
        self.directory = directory
        self.output = output
        self.errors = errors
        do throws(SystemError) {
            report = try Pipe().release()
        } catch {
            throw CommandError(error)
        }
    }

    deinit {
        end()
        close(report.reader)
        close(report.writer)
    }

    /// The words of what the worker runs meanwhile: it ends as the command has.
    var standIn: [[UInt8]] {
        let line =
            "read -r code signal <\"$1\" || exit 255; [ \"$signal\" = 0 ] || kill -s \"$signal\" $$; exit \"$code\""
        return ["/bin/sh", "-c", line, "sh", "/proc/\(getpid())/fd/\(report.reader)"].map { Array($0.utf8) }
    }

    /// Starts the command. One that can't be started has ended, as in a shell.
    func start() {
        let texts = words.map { String(bytes: $0) }
        var program = Program(
            path: texts[0], arguments: Array(texts.dropFirst()), environment: .ofThisProcess, descriptors: [])
        program.directory = directory
        program.isApart = false
        program.output = output
        program.errors = errors
        let terminal = open("/dev/tty", O_RDONLY | O_CLOEXEC)
        defer { if terminal >= 0 { close(terminal) } }
        if terminal >= 0 { program.input = terminal } else { program.hasNoInput = true }
        do throws(SystemError) {
            process = try ProcessHandle(child: try program.spawn())
        } catch {
            let isMissing = error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory
            StandardError.write(
                "parctl: \(texts[0]): \(isMissing ? "command not found" : SystemFault.text(error.errno.rawValue))\n")
            tell(code: isMissing ? 127 : 126, signal: 0)
        }
    }

    /// To poll for its end; -1 where it does not run.
    var awaited: Int32 { process?.pidfd ?? -1 }

    /// Takes its end, if it has come, and tells the worker.
    func reap() {
        guard let pid = process?.pid else { return }
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(pid, &status, WNOHANG, &usage) == pid else { return }
        process = nil
        killAt = nil
        user = Self.nanoseconds(usage.ru_utime)
        system = Self.nanoseconds(usage.ru_stime)
        let signal = status & 0x7f
        tell(code: signal == 0 ? (status >> 8) & 0xff : 128 + signal, signal: signal)
    }

    /// Has a command end whose worker has ended before it.
    func stop() {
        guard process != nil, killAt == nil else { return }
        killAt = Int(Monotonic.now()) + Self.grace
        try? process?.signal(SIGTERM)
        try? process?.signal(SIGCONT)
    }

    /// Kills one that was asked to end long enough ago.
    func killIfDue() {
        guard let killAt, Int(Monotonic.now()) >= killAt else { return }
        process?.kill()
        self.killAt = nil
    }

    private func end() {
        process?.kill()
        _ = try? process?.reap(waiting: true)
    }

    private func tell(code: Int32, signal: Int32) {
        let line = Array("\(code) \(signal)\n".utf8)
        _ = write(report.writer, line, line.count)
    }

    private static func nanoseconds(_ time: timeval) -> Int {
        Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_usec) * 1000
    }
}
