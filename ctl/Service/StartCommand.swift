import ArgumentParser
import Bytes
import Catalogue
import Control
import Glibc
import Linux

/// `parctl start`: a daemon of the user's own in the background, for hosts without a service manager.
struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a daemon of your own in the background.",
        discussion: """
            For hosts without a service manager; elsewhere 'systemctl --user start pard.socket' does more. Runs, leases and \
            scripts find it. It ends when nobody has used it for a while, or with 'parctl stop'. Where one is running \
            already, that is said, and nothing is started. Its messages are in pard.log beside its socket.

            EXAMPLES:
              parctl start
              parctl start --idle 8h
              parctl start --idle 0s       for ever
            """)

    @ArgumentParser.Option(
        help: ArgumentHelp("How long it stays without being used (default: 30m).", valueName: "time"))
    var idle = "30m"
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard Quantity.nanoseconds(idle) != nil else {
            throw ValidationError("--idle takes a time such as 30m or 8h, or 0s.")
        }
    }

    func run() throws {
        let path = try OwnDaemon.socketPath(service.values)
        let style = service.values.style
        if let status = OwnDaemon.status(at: path) {
            return try StandardOutput.write(
                "pard is running already at \(style.clean(path)), as process \(status.pid)\n")
        }
        try OwnDaemon.start(at: path, idle: idle)
        guard let status = OwnDaemon.status(at: path) else {
            throw CommandError.privateDaemon("it does not answer at \(path); see \(OwnDaemon.log(of: path))")
        }
        try StandardOutput.write("pard serves at \(style.clean(path)), as process \(status.pid)\n")
    }
}

/// `parctl stop`: ends the user's own daemon.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "End your own daemon.",
        discussion: """
            It takes no more work, lets what runs finish for as long as its drain-time says, and ends. Waits for that. A daemon \
            that the service manager has started is left to that: systemctl --user stop pard.service pard.socket.
            """)

    @OptionGroup var service: ServiceOptions

    func run() throws {
        let path = try OwnDaemon.socketPath(service.values)
        guard let status = OwnDaemon.status(at: path) else {
            throw CommandError.noDaemon(places: [path])
        }
        guard status.uid == Int(getuid()) else {
            throw CommandError.usage("the daemon at \(path) is of user id \(status.uid)", help: "parctl stop --help")
        }
        if status.origin == DaemonWords.byManager {
            throw CommandError.usage(
                "the service manager has started this daemon, and would start it again: use "
                    + "'systemctl --user stop pard.service pard.socket'", help: "parctl stop --help")
        }
        do {
            let process = try ProcessHandle(of: Int32(status.pid))
            try process.signal(SIGTERM)
            var event = pollfd(fd: process.pidfd, events: Int16(POLLIN), revents: 0)
            while poll(&event, 1, -1) < 0, errno == EINTR {}
        } catch {
            if error.errno.rawValue != ESRCH { throw CommandError(error) }
        }
        try StandardOutput.write("pard, process \(status.pid), has ended\n")
    }
}

/// How a daemon came to be, as it says so itself.
enum DaemonWords {
    static let byManager = "started by the service manager"
}

/// A daemon that is started in the background.
enum OwnDaemon {
    /// How long it may take to serve, in milliseconds: floors are up by then.
    private static let patience: Int32 = 30_000
    private static let readyDescriptor: Int32 = 3
    /// From this size on the log begins anew.
    private static let logBytes = 1 << 20

    /// Where it is: where clients look first.
    static func socketPath(_ service: Service) throws(CommandError) -> String {
        switch service.choice {
        case .named(let path):
            // The daemon is elsewhere.
            return ["/", "@"].contains(path.first) ? path : Environment.directory + "/" + path
        case .found(_, let places):
            let first = places.first == SocketChoice.shared ? SocketChoice.own : places.first
            guard let place = first else {
                throw .usage("there is no place for a socket of your own: name one with --socket")
            }
            return place
        }
    }

    static func log(of path: String) -> String { folder(of: path) + "/pard.log" }

    private static func folder(of path: String) -> String {
        guard let end = path.lastIndex(of: "/") else { return "." }
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    /// The daemon at `path`; nil where none answers.
    static func status(at path: String) -> GetStatus.Reply? {
        guard var connection = try? DaemonConnection(to: path) else { return nil }
        return try? connection.call(GetStatus.method, text: Array("{}".utf8), as: GetStatus.Reply.self)
    }

    /// Starts one, and waits until it serves, or another one does: two that are started at once find out by the socket's lock.
    static func start(at path: String, idle: String) throws {
        guard let program = DaemonFinder.pard() else {
            throw CommandError.privateDaemon("there is no 'pard' beside parctl or in $PATH")
        }
        try makeFolder(folder(of: path))
        let log = open(Self.log(of: path).cBytes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard log >= 0 else { throw CommandError.export(path: Self.log(of: path), errno: errno) }
        defer { close(log) }
        var status = stat()
        // What earlier daemons have said is of use for a while only.
        if fstat(log, &status) == 0, status.st_size > logBytes { ftruncate(log, 0) }
        let ends = try Pipe().release()
        defer { close(ends.reader) }
        let pid: Int32
        do {
            defer { close(ends.writer) }
            pid = try spawn(
                program, ["--socket", path, "--idle-exit", idle, "--ready-link", String(readyDescriptor)], log,
                ends.writer)
        }
        do {
            try awaitReady(ends.reader, path)
        } catch {
            // One that can't even start is not to do so later, when nobody expects it any more.
            killChild(pid)
            throw error
        }
    }

    private static func makeFolder(_ folder: String) throws(CommandError) {
        if mkdir(folder.cBytes, 0o700) == 0 { return }
        guard errno == EEXIST else { throw .export(path: folder, errno: errno) }
        var status = stat()
        if folder.hasPrefix("/tmp/pard-"), lstat(folder.cBytes, &status) != 0 || status.st_uid != getuid() {
            throw .usage("\(folder) is not yours: name a place with --socket")
        }
    }

    /// Starts the program apart from this one, which it outlives. This process has one thread.
    private static func spawn(_ path: String, _ arguments: [String], _ log: Int32, _ ready: Int32) throws -> Int32 {
        var program = Program(path: path, arguments: arguments, environment: .ofThisProcess, descriptors: [ready])
        program.directory = "/"
        program.hasNoInput = true
        program.output = log
        // Standard error is inherited.
        let own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
        guard own >= 0, dup2(log, STDERR_FILENO) >= 0 else { throw CommandError.system(call: "dup2", errno: errno) }
        defer {
            dup2(own, STDERR_FILENO)
            close(own)
        }
        do {
            return try program.spawn()
        } catch {
            throw CommandError.privateDaemon("\(path): \(SystemFault.text(error.errno.rawValue))")
        }
    }

    private static func awaitReady(_ reader: Int32, _ path: String) throws {
        let deadline = Monotonic.now() + UInt64(patience) * 1_000_000
        while true {
            let left = Monotonic.milliseconds(until: deadline)
            guard left > 0 else {
                throw CommandError.privateDaemon("it does not serve after \(patience / 1000) s; see \(log(of: path))")
            }
            var event = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            if poll(&event, 1, left) <= 0 { continue }
            var byte: UInt8 = 0
            let count = read(reader, &byte, 1)
            if count > 0 { return }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            // It has ended. Another one may serve, which was started at the same time and is just coming up.
            if status(at: path) != nil || awaitOther(path, until: deadline) { return }
            throw CommandError.privateDaemon("it ended at once; see \(log(of: path))")
        }
    }

    /// Waits for a daemon that holds the socket's lock, as long as it does.
    private static func awaitOther(_ path: String, until deadline: UInt64) -> Bool {
        let lock = open((path + ".lock").cBytes, O_RDONLY | O_CLOEXEC)
        guard lock >= 0 else { return false }
        defer { close(lock) }
        while flock(lock, LOCK_EX | LOCK_NB) != 0, Monotonic.now() < deadline {
            if status(at: path) != nil { return true }
            poll(nil, 0, 20)
        }
        return false
    }
}
