import Glibc
import Varlink

/// A daemon for one command: started by it, bound to it by a leash (a socket that hangs up when the command ends in
/// whatever way), and gone with it. Its socket has a name but no file, so that nothing is left whoever is killed.
struct PrivateDaemon: ~Copyable {
    /// The socket that it serves: a name in the abstract namespace, which the daemon lets no other user in by.
    let socketPath: String
    private let leash: Int32
    private let pid: pid_t

    /// How long the daemon may take to end before it is killed, in milliseconds.
    private static let patience: Int32 = 10_000
    /// What the daemon writes on its leash when it serves.
    private static let ready = Array("READY\n".utf8)
    /// The daemon's end of the leash, and the socket that it serves.
    private static let leashDescriptor: Int32 = 3
    private static let listenerDescriptor: Int32 = 4
    /// How many connections may wait until the daemon takes them. The command makes one or two.
    private static let backlog: Int32 = 16

    /// Starts `program` and waits until it serves. Throws ``ExitStatus/cancelled`` when a signal comes first.
    static func start(program: String, signals: Signals) throws -> PrivateDaemon {
        let (listener, socketPath) = try listen()
        defer { close(listener) }
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw Failure.system(call: "socketpair", errno: errno)
        }
        let pid = spawn(program, socketPath: socketPath, leash: ends[1], listener: listener)
        close(ends[1])
        guard pid > 0 else {
            close(ends[0])
            throw Failure.privateDaemon("\(program): \(String(cString: strerror(-pid)))")
        }
        let daemon = PrivateDaemon(socketPath: socketPath, leash: ends[0], pid: pid)
        do {
            try daemon.awaitReady(signals)
        } catch {
            daemon.stop(signals)
            throw error
        }
        return daemon
    }

    /// Reads the leash up to the word.
    private func awaitReady(_ signals: Signals) throws {
        var word: [UInt8] = []
        while word != Self.ready {
            let came = try signals.wait(beside: leash, milliseconds: -1)
            if came.signal, let number = signals.next(), number != SIGCHLD { throw ExitStatus.cancelled }
            guard came.other else { continue }
            var byte: UInt8 = 0
            let count = read(leash, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { throw Failure.privateDaemon("it ended before it served; its message is above") }
            word.append(byte)
            guard Self.ready.starts(with: word) else {
                throw Failure.privateDaemon("it said something else than READY")
            }
        }
    }

    /// Hangs up and waits for the daemon's end. Kills it when it takes too long or when the user won't wait.
    consuming func stop(_ signals: Signals) {
        close(leash)
        let deadline = Clock.now + Int(Self.patience) * 1_000_000
        while waitpid(pid, nil, WNOHANG) == 0 {
            let left = Int32(clamping: (deadline - Clock.now) / 1_000_000)
            let came = try? signals.wait(beside: -1, milliseconds: max(left, 0))
            let signal = came?.signal == true ? signals.next() : nil
            if left <= 0 || came == nil || signal.map({ $0 != SIGCHLD }) == true {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
                break
            }
        }
    }

    /// A listening socket whose name the kernel has chosen.
    private static func listen() throws -> (descriptor: Int32, name: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system(call: "socket", errno: errno) }
        var address = sockaddr(sa_family: sa_family_t(AF_UNIX), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        guard bind(descriptor, &address, socklen_t(MemoryLayout<sa_family_t>.size)) == 0,
            Glibc.listen(descriptor, backlog) == 0, let name = UnixAddress.path(of: descriptor)
        else {
            let number = errno
            close(descriptor)
            throw Failure.system(call: "bind", errno: number)
        }
        return (descriptor, name)
    }

    /// Starts the program in a process group of its own, so that Ctrl-C reaches only its client; the pid, or a negative
    /// errno.
    private static func spawn(_ program: String, socketPath: String, leash: Int32, listener: Int32) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        // Standard output is the client's, for data.
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        // Both move out of the way first: either may stand where the other is to go, and a dup2 of a descriptor to itself
        // would leave it closed on exec.
        let high = max(leash, listener, listenerDescriptor) + 1
        posix_spawn_file_actions_adddup2(&actions, leash, high)
        posix_spawn_file_actions_adddup2(&actions, listener, high + 1)
        posix_spawn_file_actions_adddup2(&actions, high, leashDescriptor)
        posix_spawn_file_actions_adddup2(&actions, high + 1, listenerDescriptor)
        for copy in [high, high + 1] { posix_spawn_file_actions_addclose(&actions, copy) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
        let words = [
            program, "--socket", socketPath, "--leash", String(leashDescriptor), "--listener",
            String(listenerDescriptor), "--floor-threads", "0", "--floor-processes", "0",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let number = posix_spawn(&pid, program, &actions, &attributes, &arguments, environ)
        return number == 0 ? pid : -number
    }
}
