import Glibc

/// A daemon for one command: started by it, bound to it by a leash (a socket that hangs up when the command ends in
/// whatever way), and gone with it.
struct PrivateDaemon: ~Copyable {
    /// The socket that it serves.
    let socketPath: String
    private let folder: String
    private let leash: Int32
    private let pid: pid_t

    /// How long the daemon may take to end before it is killed, in milliseconds.
    private static let patience: Int32 = 10_000
    /// What the daemon writes on its leash when it serves.
    private static let ready = Array("READY\n".utf8)
    /// The daemon's end of the leash.
    private static let leashDescriptor: Int32 = 3

    /// Starts `program` and waits until it serves. Throws ``ExitStatus/cancelled`` when a signal comes first.
    static func start(program: String, signals: Signals) throws -> PrivateDaemon {
        let folder = try makeFolder()
        let socketPath = "\(folder)/pard.sock"
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            let number = errno
            rmdir(folder)
            throw Failure.system(call: "socketpair", errno: number)
        }
        let pid = spawn(program, socketPath: socketPath, leash: ends[1])
        close(ends[1])
        guard pid > 0 else {
            close(ends[0])
            rmdir(folder)
            throw Failure.privateDaemon("\(program): \(String(cString: strerror(-pid)))")
        }
        let daemon = PrivateDaemon(socketPath: socketPath, folder: folder, leash: ends[0], pid: pid)
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

    /// Hangs up, waits for the daemon's end, and removes what it left. Kills it when it takes too long or when the user
    /// won't wait.
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
        unlink(socketPath)
        rmdir(folder)
    }

    /// A new directory that only this user can enter.
    private static func makeFolder() throws(Failure) -> String {
        // A socket's path has at most 107 bytes, so a long $TMPDIR is passed over.
        let parent = Environment.value("TMPDIR").flatMap { $0.utf8.count <= 80 ? $0 : nil } ?? "/tmp"
        var template = Array("\(parent)/parctl-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .privateDaemon("mkdtemp in \(parent): \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Starts the program in a process group of its own, so that Ctrl-C reaches only its client; the pid, or a negative
    /// errno.
    private static func spawn(_ program: String, socketPath: String, leash: Int32) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        // Standard output is the client's, for data.
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, leash, leashDescriptor)
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
            program, "--socket", socketPath, "--leash", String(leashDescriptor), "--floor-threads", "0",
            "--floor-processes", "0",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let number = posix_spawn(&pid, program, &actions, &attributes, &arguments, environ)
        return number == 0 ? pid : -number
    }
}
