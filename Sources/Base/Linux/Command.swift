import Bytes
import CLinux
import Glibc
import SystemPackage

/// A command that runs: a process group of its own, whose leader is a child of this process.
///
/// Let go before it was reaped, it is left to itself; it is killed with the thread that started it.
public struct Command: ~Copyable, Sendable {
    public let pid: Int32
    private let descriptor: Descriptor

    /// What a command is started with. The pointers are C's, and must be valid only until it has started.
    public struct Start {
        public var path: String
        /// Ended by nil. The first place is for the shell that a script without a first line needs; then comes the name.
        public var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        public var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
        public var directory: String
        public var umask: Int32
        /// What become its descriptors 0, 1 and 2: each is above 2 here. It has no others.
        public var input: Int32
        public var output: Int32
        public var errors: Int32
        /// What the command and all that it starts are known by; nil for nothing.
        public var mark: CommandMark?

        public init(
            path: String, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
            environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, directory: String, umask: Int32,
            input: Int32, output: Int32, errors: Int32, mark: CommandMark? = nil
        ) {
            self.path = path
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
            self.umask = umask
            self.input = input
            self.output = output
            self.errors = errors
            self.mark = mark
        }
    }

    /// How a command ended and what it took, with the children that it waited for. Times are nanoseconds.
    public struct Usage: Sendable, Equatable {
        public let exit: Exit
        public let user: UInt64
        public let system: UInt64
        /// The most memory that one of its processes had at a time. The kernel counts in what this process had when it
        /// started the command, so that it is never less.
        public let peakBytes: UInt64
    }

    /// Starts a command, and returns once the program is in its process.
    ///
    /// Throws the error of clone(2), chdir(2), dup2(2) or execve(2), of each with what it was about.
    public init(_ start: borrowing Start) throws(SystemError) {
        var pidfd: Int32 = -1
        var step: Int32 = 0
        let result = start.path.cBytes.withUnsafeBufferPointer { path in
            start.directory.cBytes.withUnsafeBufferPointer { directory in
                var command = par_command(
                    path: path.baseAddress, arguments: start.arguments, environment: start.environment,
                    directory: directory.baseAddress, umask: start.umask,
                    descriptors: (start.input, start.output, start.errors),
                    mark: start.mark?.value ?? 0)
                return par_command_start(&command, &pidfd, &step)
            }
        }
        if result < 0 {
            let error = Errno(rawValue: -result)
            switch UInt32(step) {
            case PAR_COMMAND_CLONE.rawValue: throw SystemError("clone", error)
            case PAR_COMMAND_CHDIR.rawValue: throw SystemError("chdir", error, on: start.directory)
            case PAR_COMMAND_DUP.rawValue: throw SystemError("dup2", error)
            default: throw SystemError("execve", error, on: start.path)
            }
        }
        pid = result
        descriptor = Descriptor(owning: pidfd)
    }

    /// Readable once the command has ended.
    public var pidfd: Int32 { descriptor.raw }

    /// Sends a signal to the whole group. The leader must not have been reaped: until then the group's number is its own.
    public func signal(_ number: Int32) {
        kill(-pid, number)
    }

    /// Waits for the command's end.
    public consuming func reap() throws(SystemError) -> Usage {
        let raw = descriptor.raw
        var usage = par_usage()
        try kernel("waitid") { par_command_reap(raw, &usage) }
        return Usage(
            exit: usage.killed != 0 ? .signal(usage.status) : .code(usage.status), user: usage.user_nanoseconds,
            system: usage.system_nanoseconds, peakBytes: usage.peak_bytes)
    }
}
