import ArgumentParser
import Control
import Glibc
import Linux

/// `parctl`: parses its arguments, runs one command, and ends with that command's exit status.
@main
enum Main {
    static func main() {
        // A reader that went away, or a file that may not grow, is met where the write is, not as a signal.
        IgnoredSignals.begin()
        holdStandardStreams()
        if let failure = unfit() {
            // What is too little for this program may be enough for an interpreter.
            guard ThisProcess.arguments.dropFirst().first == PythonCommand.name else {
                exit(report(failure).rawValue)
            }
            ColdPython.isShort = true
        }
        exit(status(of: ThisProcess.arguments))
    }

    /// Takes the places of standard streams that are closed, or else the next files that are opened would be taken for them.
    /// What stands there can't be read or written, as what is closed can't.
    private static func holdStandardStreams() {
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
            ColdPython.missing.append(stream)
            _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Bytes of address space below which nothing can be relied on; a run with a million records takes ten times as much.
    private static let leastAddressSpace = 40 << 20

    /// What this process lacks to do anything at all; nil where it lacks nothing.
    private static func unfit() -> CommandError? {
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < leastAddressSpace {
            return .memory(allowed: Int(limit.rlim_cur), least: leastAddressSpace)
        }
        // A static program reads its words from /proc, and has none where that fails.
        guard CommandLine.argc == 0 else { return nil }
        let descriptor = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)
        guard descriptor < 0 else { return .system(call: "/proc/self/cmdline", errno: EIO) }
        return .system(call: "the command line can't be read from /proc/self/cmdline", errno: errno)
    }

    private static func status(of arguments: [String]) -> Int32 {
        do {
            if let line = PythonLine(Array(arguments.dropFirst())) { return try line.run() }
            let words = try CommandWords.prepared(Array(arguments.dropFirst()))
            if let line = HotLine(words) {
                try line.run()
            } else {
                try CommandName.check(words)
                var command = try Parctl.parseAsRoot(words)
                try command.run()
            }
            return ExitStatus.ok.rawValue
        } catch let status as ExitStatus {
            return status.rawValue
        } catch let status as CommandStatus {
            if let failure = status.failure { _ = report(failure) }
            return status.code
        } catch let failure as CommandError {
            return usage(report(failure), of: arguments)
        } catch {
            return usage(report(parsing: error), of: arguments)
        }
    }

    /// Wrong usage of `exec` has a status of its own, as 2 is that of two commands that failed.
    private static func usage(_ status: ExitStatus, of arguments: [String]) -> Int32 {
        let isExec = CommandWords.runsCommands(Array(arguments.dropFirst()))
        return status == .usage && isExec ? ExecStatus.other : status.rawValue
    }

    private static func report(_ failure: CommandError) -> ExitStatus {
        if let message = failure.message { StandardError.write("parctl: \(lines(message))\n") }
        return failure.status
    }

    /// The lines of a message, none of which a terminal takes for a command: names of files and words may hold anything.
    private static func lines(_ message: String) -> String {
        let style = Terminal(STDERR_FILENO, color: .never).style
        return message.split(separator: "\n", omittingEmptySubsequences: false).map { style.clean(String($0)) }
            .joined(separator: "\n")
    }

    /// Reports what ArgumentParser throws: wrong usage, and texts that were asked for.
    private static func report(parsing error: any Error) -> ExitStatus {
        let text = Parctl.fullMessage(for: error)
        guard Parctl.exitCode(for: error).isSuccess else {
            let prefix = "Error: "
            let message = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
            StandardError.write("parctl: \(lines(message))\n")
            return .usage
        }
        do {
            if !text.isEmpty { try StandardOutput.write(text + "\n") }
            return .ok
        } catch {
            return report(error)
        }
    }
}

/// The root of the command line. `@OptionGroup` here as in each command lets the common options stand on both sides of
/// the command's name.
struct Parctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parctl",
        abstract: "Run tasks on warm pools of threads and processes, and see where the time went.",
        discussion: """
            EXAMPLES:
              parctl run io --threads 4
              parctl run cpu --processes 2 --cold
              parctl run noop --tasks 1000000 --threads 2 --json
              parctl run exec --threads 4 gzip -k {} ::: *.log
              parctl compare cpu --workers 2,4 --html comparison.html
              parctl bench io --threads 4 --processes 4
              parctl advise python ./mine.py:work one two three four
              parctl python --preload numpy script.py
              parctl pools
              parctl pools resize threads 8
              parctl history --since today --summary

            Names of files, arguments and variables may be any bytes. Messages show one that is no text as \\xff; JSON, of
            --json and of the socket, has the character U+10FE00 + byte for it.

            \(ExitStatus.help)
            """,
        version: "parctl \(Version.current)",
        subcommands: [
            RunCommand.self, PythonCommand.self, CompareCommand.self, BenchCommand.self, AdviseCommand.self,
            PingCommand.self, StatusCommand.self, PoolsCommand.self, JobsCommand.self, CancelCommand.self,
            TopCommand.self, MetricsCommand.self, HistoryCommand.self, LogsCommand.self,
            StartCommand.self, StopCommand.self, WorkloadsCommand.self, VersionCommand.self, CompletionsCommand.self,
        ])

    @OptionGroup var service: ServiceOptions
}
