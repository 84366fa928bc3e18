import Foundation
import Glibc
import Synchronization

/// A process that a test has started, and all that it writes.
final class Child: Sendable {
    enum End: Equatable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    struct Failure: Error {
        let call: String
        let errno: Int32
    }

    let pid: pid_t
    let output: Collector
    let errors: Collector
    /// Nil until it has ended and is reaped: only then its number may be another process's.
    private let state: Mutex<End?>
    private let ended = DispatchGroup()

    /// - Parameters:
    ///   - input: the file that it reads; nothing unless named.
    ///   - inherited: a descriptor that it gets as number 3.
    ///   - isHeard: whether anybody reads its standard output; otherwise that is a pipe without a reader.
    init(
        _ path: String, _ arguments: [String], environment: [String: String], input: String = "/dev/null",

        inherited: Int32? = nil, isHeard: Bool = true
    ) throws {
        let (output, errors) = (try Self.pipe(), try Self.pipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.in, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.in, STDERR_FILENO)
        if let inherited { posix_spawn_file_actions_adddup2(&actions, inherited, 3) }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        if !isHeard { close(output.out) }
        var attributes = Self.attributes()
        defer { posix_spawnattr_destroy(&attributes) }
        var pid: pid_t = 0
        let number = posix_spawn(&pid, path, &actions, &attributes, &words, &variables)
        close(output.in)
        close(errors.in)
        self.pid = pid
        self.output = Collector(reading: isHeard ? output.out : -1)
        self.errors = Collector(reading: errors.out)
        state = Mutex(nil)
        guard number == 0 else { throw Failure(call: "posix_spawn of \(path)", errno: number) }
        ended.enter()
        Thread.detachNewThread { [self] in reap() }
    }

    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        state.withLock { state in
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            state = status & 0x7f == 0 ? .exit(status >> 8 & 0xff) : .signal(status & 0x7f)
        }
        ended.leave()
    }

    /// Sends it a signal, unless it has ended.
    func signal(_ number: Int32) {
        state.withLock { if $0 == nil { kill(pid, number) } }
    }

    /// How it ended; nil if it hasn't within the time.
    func end(within seconds: Double = 60) -> End? {
        ended.isLeft(within: seconds) ? state.withLock { $0 } : nil
    }

    /// Signals as a shell would have them. Threads that run tests may have blocked some.
    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    private static func pipe() throws -> (out: Int32, in: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(call: "pipe", errno: errno) }
        // No other thread starts processes meanwhile: these tests run one after the other.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
