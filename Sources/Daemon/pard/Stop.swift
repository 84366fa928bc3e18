import Glibc
import Linux
import ServiceLifecycle
import Synchronization

/// Has the daemon end: by signals, or as its owner has gone. Also where the system lets it start no thread, and so nothing runs that
/// needs one of an executor: a user may be at his limit just because of this daemon's workers.
final class Stop: Sendable {
    private let patience: UInt64
    /// Readable once the daemon is to end.
    private let isDemanded: Descriptor
    private let isHeard = Atomic<Bool>(false)

    /// How often it is looked whether the daemon has heard.
    private static let lookMilliseconds: Int32 = 20

    /// - Parameter patience: how long the daemon may take to hear that it is to end, in nanoseconds.
    init(_ group: ServiceGroup, patience: UInt64) throws(SystemError) {
        self.patience = patience
        isDemanded = try .event()
        // Handing a task to an executor that can start no thread doesn't return, so none that watches over it does that.
        try SystemThread.detached(named: "par-stop") { [self] in
            var state = pollfd(fd: isDemanded.raw, events: Int16(POLLIN), revents: 0)
            while poll(&state, 1, -1) < 0 {}
            Task {
                isHeard.store(true, ordering: .relaxed)
                await group.triggerGracefulShutdown()
            }
        }
    }

    /// Waits for the signals from now on, on a thread that is there before it is needed. To be called before there is another one, as
    /// each has it from its starter that they are blocked.
    static func awaitSignals() throws(SystemError) {
        var signals = signals
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        try SystemThread.detached(named: "par-signals") {
            var signals = Self.signals
            var number: Int32 = 0
            while sigwait(&signals, &number) == 0 {
                guard let stop = current.withLock({ $0 }) else {
                    // Nothing has begun that would have to be ended in order.
                    signal(number, SIG_DFL)
                    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                    kill(ThisProcess.pid, number)
                    continue
                }
                stop.demand()
            }
        }
    }

    /// What a signal is for; nil as long as there is no daemon.
    private static let current = Mutex<Stop?>(nil)

    /// From now on, signals have the daemon end.
    func takeSignals() { Self.current.withLock { $0 = self } }

    /// Has the daemon end. Waits until it has heard: not to be called by who has anything else to do.
    func demand() {
        ring(isDemanded.raw)
        let deadline = Monotonic.now() + patience
        while !isHeard.load(ordering: .relaxed) {
            if Monotonic.now() >= deadline {
                Self.complain("no thread can be started to end the runs: it ends at once")
                // Workers die with it, and the guardian ends what they have started.
                ThisProcess.leave(EXIT_FAILURE)
            }
            poll(nil, 0, Self.lookMilliseconds)
        }
    }

    /// Says something where nothing is there that could log it.
    static func complain(_ words: String) {
        _ = "pard: \(words)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in [SIGTERM, SIGINT] { sigaddset(&set, signal) }
        return set
    }
}
