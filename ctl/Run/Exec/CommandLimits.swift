import Catalogue
import Control

/// What the commands of a run are ended for.
struct CommandLimits: Equatable {
    /// Nanoseconds; 0 for ever.
    private let timeout: Int
    /// Bytes of each output.
    private let output: Int

    /// - Parameter arguments: of the request, which are checked already; others count as no limit.
    init(_ arguments: [String: String]) {
        let entry = Catalogue.entry(named: WorkloadID.exec.name)
        let numbers = entry.flatMap { try? Arguments(arguments, for: $0).numbers } ?? [:]
        timeout = numbers["timeout"] ?? 0
        output = numbers["output-limit"] ?? .max
    }

    /// Whether a command that failed ran to its own end, and so could say itself why it failed: it had an exit code, and
    /// kept within its limits. One that was ended may have an exit code as well.
    func endedByItself(_ command: CommandRecord) -> Bool {
        command.spawn > 0 && command.exitCode > 0 && (timeout == 0 || command.command < timeout)
            && max(command.stdoutBytes, command.stderrBytes) < output
    }
}
