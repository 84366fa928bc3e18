/// How a command ended and what it took, its children that it waited for included, over all its tries. Times are
/// nanoseconds.
public struct CommandRecord: Codable, Sendable, Equatable {
    /// -1 where a signal ended it, or it was never started.
    public var exitCode: Int
    /// 0 where none ended it.
    public var signal: Int
    public var tries: Int
    /// From asking the kernel for a process to the program being in it.
    public var spawn: Int
    /// From there to its end.
    public var command: Int
    public var user: Int
    public var system: Int
    /// Bytes; 0 where it is less than what the worker itself has had, and so can't be told.
    public var peakMemory: Int
    public var stdoutBytes: Int
    public var stderrBytes: Int
    /// Why it was told to end: `timeout`, `output` (it wrote more than it may) or `cancelled`; nil where it ended by itself.
    public var cause: String?

    enum CodingKeys: String, CodingKey {
        case signal, tries, spawn, command, user, system, cause
        case exitCode = "exit_code"
        case peakMemory = "peak_memory"
        case stdoutBytes = "stdout_bytes"
        case stderrBytes = "stderr_bytes"
    }

    public init(
        exitCode: Int, signal: Int, tries: Int, spawn: Int, command: Int, user: Int, system: Int, peakMemory: Int,
        stdoutBytes: Int, stderrBytes: Int, cause: String? = nil
    ) {
        self.exitCode = exitCode
        self.signal = signal
        self.tries = tries
        self.spawn = spawn
        self.command = command
        self.user = user
        self.system = system
        self.peakMemory = peakMemory
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
        self.cause = cause
    }
}
