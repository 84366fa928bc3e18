import Control
import Glibc
import Linux
import Varlink

/// Asks the daemon for the end of jobs, on a connection of its own and without waiting for its answers.
final class JobCanceller {
    /// The daemon's socket.
    private let path: String
    private var connection: DaemonConnection?
    private var unanswered = 0
    /// When it was asked last, in nanoseconds of ``Monotonic``.
    private(set) var askedAt = 0

    /// How long the daemon may take to accept a run that is to end, or to answer that it will end it, in nanoseconds.
    static let patience = 2_000_000_000

    init(at path: String) {
        self.path = path
    }

    /// Whether the daemon has answered all that it was asked: that it ends a job, or that it can't.
    var hasAnswers: Bool { unanswered == 0 }

    /// What to poll for to ``hear()`` of.
    var polled: pollfd {
        guard connection != nil else { return pollfd(fd: -1, events: 0, revents: 0) }
        var events = POLLIN
        if connection?.client.hasUnsentCall == true { events |= POLLOUT }
        return pollfd(fd: connection?.client.fileDescriptor ?? -1, events: Int16(events), revents: 0)
    }

    func cancel(_ jobs: [String]) throws(CommandError) {
        guard !jobs.isEmpty else { return }
        hear()
        if connection == nil {
            connection = try DaemonConnection(to: path, patience: .nanoseconds(Self.patience))
            unanswered = 0
        }
        for job in jobs {
            try connection?.begin(CancelJob.method, text: CancelJob.Request(job: job).json, more: false)
            unanswered += 1
        }
        try connection?.sendAvailable()
        askedAt = Int(Monotonic.now())
    }

    /// Sends what has not been sent yet, and takes the answers that have come. Answers that are never taken would keep the daemon
    /// from reading on.
    func hear() {
        guard connection != nil else { return }
        do {
            try connection?.client.sendAvailable()
            try connection?.client.receiveAvailable()
            while connection?.client.hasBufferedReply == true {
                do throws(ClientError) {
                    // One that more are to follow is no answer.
                    if try connection?.client.next(as: Empty.self).continues != false { return connection = nil }
                } catch .failed {
                    // The job has ended by itself.
                }
                unanswered -= 1
            }
        } catch {
            // The jobs' own connections tell what has become of the daemon.
            connection = nil
        }
    }
}
