import Bytes
import Catalogue
import Glibc
import Ledger
import Linux
import SystemPackage

/// Runs one command after the other on a worker.
final class CommandRunner {
    private let settings: ExecSettings
    private var finder: ProgramFinder
    /// What commands read: nothing. Opened for the first command, which is told where it can't be.
    private var nothing: Descriptor?
    private let arguments = ArgumentVector()
    private let environment = ArgumentVector()
    private var outputs: OutputFiles?
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// The exit codes by which shells tell why there was no command to run.
    private enum ExitCode {
        static let notExecutable: Int32 = 126
        static let notFound: Int32 = 127
    }

    init(_ settings: ExecSettings) {
        self.settings = settings
        finder = ProgramFinder(environment: settings.environment, directory: settings.directory)
        for variable in settings.environment { environment.append(variable) }
    }

    /// Runs the task's command once, to its end, and adds what it took to `detail`.
    func run(_ task: TaskContext, _ detail: inout CommandDetail) throws(TaskFailure) {
        detail.begin()
        let outputs = self.outputs ?? OutputFiles(settings, seat: task.seat)
        self.outputs = outputs
        outputs.begin()
        var cause = CommandDetail.Cause.none
        var fault: SystemError?
        let usage: Command.Usage
        let mark = task.commands?.begin()
        // What a command that has ended by itself has left in the background goes on, as it would from a shell.
        defer { task.commands?.end(isToLeaveNothing: cause != .none || fault != nil) }
        do throws(SystemError) {
            let pipes = CommandPipes(output: try Pipe(), errors: try Pipe())
            let asked = Monotonic.now()
            let command = try start(task, pipes, as: mark)
            let started = Monotonic.now()
            detail.spawn += Int64(started - asked)
            var watch = CommandWatch(command, pipes, settings: settings, started: started)
            do throws(SystemError) {
                cause = try watch.follow(task, into: outputs, by: &buffer)
            } catch {
                fault = error
            }
            usage = try watch.reap()
            detail.command += Int64(Monotonic.now() - started)
        } catch {
            throw refuse(error, &detail)
        }
        if let fault { throw TaskFailure(ExecFailure.follow, fault.errno) }
        detail.end(usage, cause, outputs)
        if let failure = outputs.failure { throw TaskFailure(ExecFailure.keep, failure) }
        try Self.judge(usage.exit, cause)
    }

    private func start(
        _ task: TaskContext, _ pipes: borrowing CommandPipes, as mark: CommandMark?
    ) throws(SystemError) -> Command {
        arguments.removeAll()
        // The first place is free, see Command.Start.
        arguments.append(nil)
        task.input.forEach { arguments.append($0) }
        guard let name = arguments[1].map({ String(cBytes: $0) }) else {
            throw SystemError("execve", .noSuchFileOrDirectory)
        }
        let input = try openNothing()
        var start = Command.Start(
            path: try finder.path(of: name), arguments: arguments.base, environment: environment.base,
            directory: settings.directory, umask: settings.umask, input: input,
            output: pipes.output.writer.raw, errors: pipes.errors.writer.raw, mark: mark)
        start.inherited = settings.inherited
        return try Command(start)
    }

    private func openNothing() throws(SystemError) -> Int32 {
        if nothing == nil {
            let path = "/dev/null"
            nothing = Descriptor(owning: try system("open", on: path) { open(path, O_RDONLY | O_CLOEXEC) })
        }
        return nothing?.raw ?? -1
    }

    /// A command that could not be started, or whose end could not be waited for.
    private func refuse(_ error: SystemError, _ detail: inout CommandDetail) -> TaskFailure {
        guard error.call == "execve" || error.call == "chdir" else {
            return TaskFailure(ExecFailure.spawn, error.errno)
        }
        let isMissing = error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory
        detail.exitCode = Int64(isMissing ? ExitCode.notFound : ExitCode.notExecutable)
        return TaskFailure(error.call == "chdir" ? ExecFailure.enter : .spawn, error.errno)
    }

    private static func judge(_ exit: Exit, _ cause: CommandDetail.Cause) throws(TaskFailure) {
        switch (cause, exit) {
        case (.cancelled, _): throw .cancelled
        case (.timeout, _): throw TaskFailure(ExecFailure.timeout)
        case (.output, _): throw TaskFailure(ExecFailure.output)
        case (.none, .code(0)): return
        case (.none, .code(let code)): throw TaskFailure(ExecFailure.exit, code: code)
        case (.none, .signal(let number)): throw TaskFailure(ExecFailure.signal, code: number)
        }
    }
}

extension CommandDetail {
    /// Forgets how the try before ended.
    fileprivate mutating func begin() {
        exitCode = -1
        signal = 0
        cause = Cause.none.rawValue
    }

    fileprivate mutating func end(_ usage: Command.Usage, _ cause: Cause, _ outputs: OutputFiles) {
        self.cause = cause.rawValue
        switch usage.exit {
        case .code(let code): exitCode = Int64(code)
        case .signal(let number): signal = Int64(number)
        }
        user += Int64(clamping: usage.user)
        system += Int64(clamping: usage.system)
        // The kernel counts in what this process had when it started the command: below that it can't be told.
        if usage.peakBytes > ThisProcess.peakBytes { peakMemory = max(peakMemory, Int64(clamping: usage.peakBytes)) }
        let (output, errors) = (outputs.output.span, outputs.errors.span)
        (stdoutOffset, stdoutBytes) = (Int64(clamping: output.offset), Int64(clamping: output.count))
        (stderrOffset, stderrBytes) = (Int64(clamping: errors.offset), Int64(clamping: errors.count))
    }
}
