/// What `exec` tells of a task beside its record, in the order of its definition's columns: how the command ended and what
/// it took. Times are nanoseconds.
public struct CommandDetail: BitwiseCopyable, Sendable, Equatable {
    /// The exit code; -1 where a signal ended it, or it was never started.
    public var exitCode: Int64 = -1
    /// The signal that ended it; 0 where none did.
    public var signal: Int64 = 0
    public var tries: Int64 = 0
    /// From asking the kernel for a process to the program being in it, over all tries.
    public var spawn: Int64 = 0
    /// From there to its end, over all tries.
    public var command: Int64 = 0
    /// Processor time of the command and of what it waited for (wait4(2)), over all tries.
    public var user: Int64 = 0
    public var system: Int64 = 0
    /// The most memory that one process of it had at a time, in bytes; 0 where that is less than the worker itself has
    /// had, so that the kernel's figure doesn't tell.
    public var peakMemory: Int64 = 0
    /// What the command wrote, in bytes; of the last try.
    public var stdoutBytes: Int64 = 0
    public var stderrBytes: Int64 = 0
    /// Why this side ended it: the place of a ``Cause``.
    public var cause: Int64 = 0
    /// Where that stands in its worker's two files.
    public var stdoutOffset: Int64 = 0
    public var stderrOffset: Int64 = 0

    /// A part of a file, in bytes.
    public struct Span: Sendable, Equatable {
        public var offset: UInt64 = 0
        public var count: UInt64 = 0

        public init(offset: UInt64 = 0, count: UInt64 = 0) {
            self.offset = offset
            self.count = count
        }
    }

    /// Why a command was ended before its time, by the places of the column's choices.
    public enum Cause: Int64, Sendable {
        case none = 0
        case timeout
        /// It wrote more than is allowed.
        case output
        case cancelled
    }

    public init() {}

    /// The detail that a task of `exec` has told; nil where it has told none.
    public init?(_ numbers: [Int64]) {
        guard numbers.count == MemoryLayout<CommandDetail>.size / MemoryLayout<Int64>.size else { return nil }
        self = numbers.withUnsafeBytes { $0.loadUnaligned(as: CommandDetail.self) }
        // One that hasn't begun has told nothing.
        if tries <= 0 { return nil }
    }

    /// What the command wrote, as places in its worker's two files.
    public var output: Span { Span(stdoutOffset, stdoutBytes) }
    public var errors: Span { Span(stderrOffset, stderrBytes) }
}

extension CommandDetail.Span {
    /// Numbers below 0, which no worker means to write, are none.
    init(_ offset: Int64, _ count: Int64) {
        self.init(offset: UInt64(max(0, offset)), count: UInt64(max(0, count)))
    }
}
