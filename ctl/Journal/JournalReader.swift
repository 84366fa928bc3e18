import Glibc

/// `journalctl`, started to write entries as JSON, one a line. It is a program of its own because this one is fully
/// static and can't have libsystemd.
struct JournalReader: ~Copyable {
    private let pid: pid_t
    private let pipe: Int32
    private var bytes: [UInt8] = []
    /// How much of `bytes` has been handed out.
    private var start = 0

    private static let chunk = 1 << 16

    /// Starts `journalctl` with `arguments` beside those that every use has.
    init(_ arguments: [String]) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw .system(call: "pipe", errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (pid, number) = Self.spawn(
            ["journalctl", "--quiet", "--no-pager", "--output=json", "--all"] + arguments, output: ends[1])
        close(ends[1])
        guard number == 0 else {
            close(ends[0])
            throw .journal(
                number == ENOENT
                    ? "journalctl is not there: without systemd's journal there is no history"
                    : "journalctl: \(SystemFault.text(number))")
        }
        self.pid = pid
        pipe = ends[0]
    }

    /// The next line without its end; nil when there are no more. Waits for it.
    mutating func next() throws(Failure) -> [UInt8]? {
        var searched = start
        while true {
            if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(bytes[start..<end])
            }
            searched = bytes.count - start
            bytes.removeSubrange(..<start)
            start = 0
            let count = try read()
            if count == 0 { return bytes.isEmpty ? nil : takeRest() }
        }
    }

    private mutating func takeRest() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Waits for more to read. Throws ``Failure/output(errno:)`` when the reader of standard output goes away meanwhile:
    /// a log that is followed may have nothing to write, and so nothing to notice it by, for days.
    private func awaitMore() throws(Failure) {
        var events = [
            pollfd(fd: pipe, events: Int16(POLLIN), revents: 0),
            pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
        ]
        while poll(&events, 2, -1) < 0 {
            guard errno == EINTR else { throw .system(call: "poll", errno: errno) }
        }
        if events[0].revents == 0, events[1].revents & Int16(POLLERR | POLLHUP) != 0 { throw .output(errno: EPIPE) }
    }

    private mutating func read() throws(Failure) -> Int {
        try awaitMore()
        let size = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: Self.chunk))
        while true {
            let count = bytes.withUnsafeMutableBytes { Glibc.read(pipe, $0.baseAddress.map { $0 + size }, Self.chunk) }
            if count < 0, errno == EINTR { continue }
            let number = errno
            bytes.removeLast(Self.chunk - max(count, 0))
            guard count >= 0 else { throw .system(call: "read", errno: number) }
            return count
        }
    }

    /// Takes leave of `journalctl`: throws ``Failure/journal(_:)`` if it ended badly, which it has then told itself.
    ///
    /// - Parameter wasRead: whether all was read; else it is told to end.
    consuming func end(wasRead: Bool) throws(Failure) {
        close(pipe)
        if !wasRead { kill(pid, SIGTERM) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw .system(call: "waitpid", errno: errno) }
        }
        if wasRead, status != 0 { throw .journal("journalctl could not read the journal; its message is above") }
    }

    /// Starts a program found in `$PATH`, with nothing to read and standard error of this one; its pid and 0, or an
    /// errno.
    private static func spawn(_ words: [String], output: Int32) -> (pid: pid_t, errno: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This program ignores it; journalctl shall end when nobody reads any more.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let number = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, environ)
        return (pid, number)
    }
}
