import Bytes
import Glibc
import Linux

/// A daemon for one command: started by it, bound to it by a socket that hangs up when the command ends, in
/// whatever way, and gone with it. Its socket has a name but no file, so that nothing is left whoever is killed.
struct PrivateDaemon: ~Copyable {
    /// The socket that it serves: a name in the abstract namespace, which the daemon lets no other user in by.
    let socketPath: String
    private let link: StreamSocket
    private let pid: pid_t

    /// How long the daemon may take to serve, and to end before it is killed, in milliseconds.
    private static let patience: Int32 = 10_000
    /// What the daemon writes on the link when it serves.
    private static let ready = Array("READY\n".utf8)
    /// The daemon's end of the link, and the socket that it serves.
    private static let linkDescriptor: Int32 = 3
    private static let listenerDescriptor: Int32 = 4
    /// How many connections may wait until the daemon takes them. The command makes one or two.
    private static let backlog: Int32 = 16

    /// Starts `program` and waits until it serves. Throws ``ExitStatus/cancelled`` when a signal comes first.
    static func start(program: String, signals: Signals) throws -> PrivateDaemon {
        let daemon: PrivateDaemon
        do throws(SystemError) {
            daemon = try PrivateDaemon(program)
        } catch {
            throw error.call == "posix_spawn"
                ? CommandError.privateDaemon("\(program): \(SystemFault.text(error.errno.rawValue))")
                : CommandError(error)
        }
        do {
            try daemon.awaitReady(signals)
        } catch {
            daemon.stop(signals)
            throw error
        }
        return daemon
    }

    /// Starts the program apart, so that Ctrl-C reaches only its client. Standard output is the client's, for data.
    private init(_ program: String) throws(SystemError) {
        let listener = try StreamSocket()
        let name = try Self.listen(listener.descriptor)
        var started: pid_t = 0
        link = try StreamSocket.pair { other throws(SystemError) in
            var daemon = Program(
                path: program,
                arguments: [
                    "--socket", name, "--owner-link", String(Self.linkDescriptor), "--listener",
                    String(Self.listenerDescriptor), "--floor-threads", "0", "--floor-processes", "0",
                ], environment: .ofThisProcess, descriptors: [other.raw, listener.descriptor])
            daemon.hasNoInput = true
            daemon.output = STDERR_FILENO
            started = try daemon.spawn()
        }
        socketPath = name
        pid = started
    }

    /// Reads the link up to the word.
    private func awaitReady(_ signals: Signals) throws {
        var word: [UInt8] = []
        let deadline = Monotonic.now() + UInt64(Self.patience) * 1_000_000
        while word != Self.ready {
            let left = Monotonic.milliseconds(until: deadline)
            guard left > 0 else {
                // Nothing is lost with it, and it may not be able to leave.
                kill(pid, SIGKILL)
                throw CommandError.privateDaemon("it does not serve after \(Self.patience / 1000) s")
            }
            let came = try signals.wait(beside: link.descriptor, milliseconds: left)
            if came.signal, let number = signals.next(), number != SIGCHLD { throw ExitStatus.cancelled }
            guard came.other else { continue }
            var byte: UInt8 = 0
            let count = read(link.descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else {
                throw CommandError.privateDaemon("it ended at once; its message is above")
            }
            word.append(byte)
            guard Self.ready.starts(with: word) else {
                throw CommandError.privateDaemon("it did not say READY")
            }
        }
    }

    /// Hangs up and waits for the daemon's end. Kills it when it takes too long or when the user won't wait.
    consuming func stop(_ signals: Signals) {
        let pid = pid
        close(link.release())
        let deadline = Monotonic.now() + UInt64(Self.patience) * 1_000_000
        while waitpid(pid, nil, WNOHANG) == 0 {
            let left = Monotonic.milliseconds(until: deadline)
            let came = try? signals.wait(beside: -1, milliseconds: left)
            let signal = came?.signal == true ? signals.next() : nil
            if left == 0 || came == nil || signal.map({ $0 != SIGCHLD }) == true {
                killChild(pid)
                break
            }
        }
    }

    /// Has a socket listen by a name that the kernel chooses, and returns that.
    private static func listen(_ descriptor: Int32) throws(SystemError) -> String {
        var address = sockaddr(sa_family: sa_family_t(AF_UNIX), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        try system("bind") { bind(descriptor, &address, socklen_t(MemoryLayout<sa_family_t>.size)) }
        try system("listen") { Glibc.listen(descriptor, backlog) }
        guard let name = UnixAddress.path(of: descriptor) else { throw SystemError("getsockname", .current) }
        return name
    }
}

/// Where the daemon's program is.
enum DaemonFinder {
    /// `pard` beside this program, else installed below its prefix, else in `$PATH`; nil where there is none.
    static func pard() -> String? {
        candidates(own: ownPath(), path: Environment.value("PATH")).first { access($0.cBytes, X_OK) == 0 }
    }

    /// The places in their order, for a program at `own` and a search path.
    static func candidates(own: String?, path: String?) -> [String] {
        let folder = own.flatMap { own in own.lastIndex(of: "/").map { String(own[..<$0]) } }
        let beside = folder.map { ["\($0)/pard", "\($0)/../libexec/pard/pard"] } ?? []
        return beside + (path ?? "").split(separator: ":").map { "\($0)/pard" }
    }

    private static func ownPath() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(bytes: buffer[..<count].map(UInt8.init(bitPattern:))) : nil
    }
}
