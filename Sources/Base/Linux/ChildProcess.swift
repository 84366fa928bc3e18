import Bytes
import CLinux
import Glibc
import SystemPackage

/// A process by its pidfd, which keeps naming the same process whatever happens to its number.
public struct ProcessHandle: ~Copyable, Sendable {
    public let pid: Int32
    private let descriptor: Descriptor

    init(pid: Int32, owning descriptor: consuming Descriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Opens a child of this process that has not been reaped, so that its number can't have been given to another.
    /// Throws `ECHILD` where the process is no child of this one.
    public init(child pid: Int32) throws(SystemError) {
        let descriptor = Descriptor(owning: try kernel("pidfd_open") { par_pidfd_open(pid) })
        let raw = descriptor.raw
        try kernel("waitid") { par_is_child(raw) }
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Readable once the process has ended.
    public var pidfd: Int32 { descriptor.raw }

    /// Whether the process is stopped by a signal. False where that can't be told.
    public var isStopped: Bool { par_is_stopped(descriptor.raw) == 1 }

    /// The signal that has stopped the process since this was last asked; nil where none has. It must be a child of this one.
    public func takeStop() -> Int32? {
        let number = par_take_stop(descriptor.raw)
        return number > 0 ? number : nil
    }

    /// Sends a signal. A process that has ended is left as it is.
    public func signal(_ number: Int32) throws(SystemError) {
        let raw = descriptor.raw
        do {
            try kernel("pidfd_send_signal") { par_pidfd_send_signal(raw, number) }
        } catch  where error.errno == .noSuchProcess {
            return
        }
    }

    /// Sends a signal to the group that the process leads. One whose leader has been reaped is left as it is.
    public func signalGroup(_ number: Int32) {
        let result = par_pidfd_signal_group(descriptor.raw, number)
        // Kernels before 6.9. As long as the process has not been reaped, nobody else's group can have its number.
        if result == -EINVAL, par_pidfd_send_signal(descriptor.raw, 0) == 0 { _ = Glibc.kill(-pid, number) }
    }

    /// Opens a process that need not be this one's child. Throws `ESRCH` where there is none.
    public init(of pid: Int32) throws(SystemError) {
        descriptor = Descriptor(owning: try kernel("pidfd_open") { par_pidfd_open(pid) })
        self.pid = pid
    }

    /// Kills the process, unless it has ended.
    public func kill() {
        if par_pidfd_send_signal(descriptor.raw, SIGKILL) == 0 { return }
        // It is a child that has not been reaped, so the number is its own.
        _ = Glibc.kill(pid, SIGKILL)
    }

    /// Whether the process has a thread of this number.
    public func hasThread(_ tid: Int32) -> Bool { tid > 0 && par_signal_thread(pid, tid, 0) == 0 }

    /// Takes the process's exit status if it has ended, nil while it runs.
    ///
    /// - Parameter waiting: wait for its end.
    public func reap(waiting: Bool = false) throws(SystemError) -> Exit? {
        var exit = par_exit()
        let raw = descriptor.raw
        try kernel("waitid") { par_pidfd_reap(raw, waiting ? 1 : 0, &exit) }
        return Exit(exit)
    }
}

/// How a process ended.
public enum Exit: Sendable, Equatable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    /// Nil where the process still runs.
    fileprivate init?(_ exit: par_exit) {
        if exit.pid == 0 { return nil }
        self = exit.killed != 0 ? .signal(exit.status) : .code(exit.status)
    }

    public var description: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(let number): "signal \(number)"
        }
    }
}

/// Kills and reaps a child of this process that has not been reaped.
public func killChild(_ pid: Int32) {
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
}

/// Takes the exit status of a child by its number, nil while it runs. The child must not have been reaped.
public func reapChild(_ pid: Int32) throws(SystemError) -> Exit? {
    var exit = par_exit()
    try kernel("waitid") { par_reap_child(pid, &exit) }
    return Exit(exit)
}

/// Reaps every ended child of this process that `isKnown` doesn't claim.
///
/// - Returns: whether none is left; false where one that is known has to be reaped first.
public func reapStrangers(isKnown: (Int32) -> Bool) throws(SystemError) -> Bool {
    while true {
        let pid = try kernel("waitid") { par_ended_child() }
        if pid == 0 { return true }
        if isKnown(pid) { return false }
        try kernel("waitid") { par_reap(pid) }
    }
}

/// A program to be started, without a shell and with nothing inherited but what is listed.
public struct Program: Sendable {
    public var path: String
    public var arguments: [String]
    public var environment: Variables
    /// Descriptors of this process, which become 3, 4, … in the program.
    public var descriptors: [Int32]
    /// Where it begins; nil for where this process is.
    public var directory: String?
    /// Whether it has nothing to read.
    public var hasNoInput = false
    /// The descriptors of this process that become its standard input, its standard output and its standard error.
    public var input: Int32 = STDIN_FILENO
    public var output: Int32 = STDOUT_FILENO
    public var errors: Int32 = STDERR_FILENO
    /// Whether it has a process group of its own, no terminal, no signal blocked and all at their defaults. Otherwise it is in this
    /// one's group, and ignores and blocks what this process does; only SIGPIPE is at its default.
    public var isApart = true

    /// - Parameter path: one without a slash is looked for in `$PATH`.
    public init(path: String, arguments: [String], environment: Variables, descriptors: [Int32]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.descriptors = descriptors
    }

    /// Starts the program.
    ///
    /// The child's parent is the calling thread: a child that dies with its parent dies when this thread ends.
    public func spawn() throws(SystemError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if input != STDIN_FILENO { posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
        if output != STDOUT_FILENO { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        if errors != STDERR_FILENO { posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO) }
        if hasNoInput { posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) }
        if let directory { _ = par_spawn_chdir(&actions, directory.cBytes) }
        // The kernel's dup2 of a descriptor to itself would leave CLOEXEC set, so all move out of the way first: above
        // all that are moved and all places that they are moved to.
        let high = max(descriptors.max() ?? 0, 2 + Int32(descriptors.count)) + 1
        for (index, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, high + Int32(index))
        }
        for index in descriptors.indices {
            posix_spawn_file_actions_adddup2(&actions, high + Int32(index), 3 + Int32(index))
        }
        // Whatever else is open, a descriptor without CLOEXEC included, stays here.
        par_spawn_close_from(&actions, 3 + Int32(descriptors.count))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setSignals(&attributes)
        var pid: pid_t = 0
        let code = withCStrings([path] + arguments) { argv in
            environment.withCStrings { envp in
                posix_spawnp(&pid, path.cBytes, &actions, &attributes, argv, envp)
            }
        }
        if code != 0 { throw SystemError("posix_spawn", Errno(rawValue: code), on: path) }
        return pid
    }

    /// `POSIX_SPAWN_SETSID`, which glibc has since 2.26.
    private static let newSession: Int16 = 0x80

    /// Whether this process has a controlling terminal, which children of its session have, too.
    private static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }

    private func setSignals(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        var defaults = sigset_t()
        guard isApart else {
            sigemptyset(&defaults)
            sigaddset(&defaults, SIGPIPE)
            posix_spawnattr_setsigdefault(&attributes, &defaults)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
            return
        }
        sigfillset(&defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        // A session of its own only where there is a terminal to be without: the kernel may give each session the same share of the
        // processors (sched(7), autogroup), so that those who work together, and wait for each other, are better in one.
        let own = Self.hasTerminal ? Self.newSession : Int16(POSIX_SPAWN_SETPGROUP)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | own)
    }
}

/// Runs `body` with a null-terminated array of C strings.
public func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = strings.map { strdup($0.cBytes) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        // A buffer of at least the terminator always has a base address.
        body(buffer.baseAddress.unsafelyUnwrapped)
    }
}
