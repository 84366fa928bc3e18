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
        /// Where the command's process group stands from before its first instruction on, for whoever is to end it when
        /// this process is killed; nil for nowhere.
        public var group: UnsafeMutablePointer<UInt32>?

        public init(
            path: String, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
            environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, directory: String, umask: Int32,
            input: Int32,
            output: Int32, errors: Int32, group: UnsafeMutablePointer<UInt32>? = nil
        ) {
            self.path = path
            self.arguments = arguments
            self.environment = environment
            self.directory = directory
            self.umask = umask
            self.input = input
            self.output = output
            self.errors = errors
            self.group = group
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
    /// Throws the error of execve(2), or of chdir(2) with the directory as its subject.
    public init(_ start: borrowing Start) throws(SystemError) {
        var pidfd: Int32 = -1
        var entered: Int32 = 0
        let result = start.path.withCString { path in
            start.directory.withCString { directory in
                var command = par_command(
                    path: path, arguments: start.arguments, environment: start.environment, directory: directory,
                    umask: start.umask, descriptors: (start.input, start.output, start.errors), group: start.group)
                return par_command_start(&command, &pidfd, &entered)
            }
        }
        if result < 0 {
            let error = Errno(rawValue: -result)
            throw entered == 0
                ? SystemError("chdir", error, on: start.directory) : SystemError("execve", error, on: start.path)
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
