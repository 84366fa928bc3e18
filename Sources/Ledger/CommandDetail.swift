/// What `exec` tells of a task beside its record: how the command ended and what it took. Times are nanoseconds.
public struct CommandDetail: Sendable, Equatable {
    /// From asking the kernel for a process to the program being in it, over all tries.
    public var spawn: UInt64 = 0
    /// From there to its end, over all tries.
    public var command: UInt64 = 0
    /// Processor time of the command and of what it waited for (wait4(2)), over all tries.
    public var user: UInt64 = 0
    public var system: UInt64 = 0
    /// The most memory that one process of it had at a time, in bytes; 0 where that is less than the worker itself has
    /// had, so that the kernel's figure doesn't tell.
    public var peakMemory: UInt64 = 0
    /// What the command wrote, as places in its worker's two files; of the last try.
    public var output = Span()
    public var errors = Span()
    /// The exit code; -1 where a signal ended it, or it was never started.
    public var exitCode: Int32 = -1
    /// The signal that ended it; 0 where none did.
    public var signal: Int32 = 0
    public var tries: UInt32 = 0
    /// Why this side ended it.
    public var cause = Cause.none.rawValue

    /// A part of a file, in bytes.
    public struct Span: Sendable, Equatable {
        public var offset: UInt64 = 0
        public var count: UInt64 = 0

        public init(offset: UInt64 = 0, count: UInt64 = 0) {
            self.offset = offset
            self.count = count
        }
    }

    /// Why a command was ended before its time.
    public enum Cause: UInt32, Sendable {
        case none = 0
        case timeout
        /// It wrote more than is allowed.
        case output
        case cancelled
    }

    public static let byteCount = MemoryLayout<CommandDetail>.stride

    public init() {}

    /// The detail that stands at `place`.
    public init(at place: UnsafeRawPointer) {
        self = place.loadUnaligned(as: CommandDetail.self)
    }
}
