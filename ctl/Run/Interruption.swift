import Control
import Glibc

/// The user's wish to end a run, and what comes of it: the first signal asks the daemon for the job's end, a second one
/// leaves at once.
final class Interruption {
    /// Whether the run is to end.
    private(set) var isAsked = false
    private let signals: Signals
    /// The daemon's socket.
    private let path: String
    private var job: String?
    /// The connection that asks for the job's end. It stays open until the run has ended; its reply says nothing new.
    private var canceller: Connection?

    init(_ signals: Signals, at path: String) {
        self.signals = signals
        self.path = path
    }

    /// The run is the daemon's `job` from now on. Before, closing its connection ends it.
    func begin(_ job: String) throws(ExitStatus) {
        self.job = job
        if isAsked { try cancel() }
    }

    /// Takes the signal that came, if any. Throws ``ExitStatus/cancelled`` for a second one: who presses again is in a
    /// hurry.
    func hear() throws(ExitStatus) {
        guard let number = signals.next(), number != SIGCHLD else { return }
        guard !isAsked else { throw .cancelled }
        isAsked = true
        try cancel()
    }

    /// Waits until `descriptor` can be read, for at most `milliseconds` (-1: for ever), and takes what signal comes.
    func wait(reading descriptor: Int32, milliseconds: Int32) throws -> Bool {
        let came = try signals.wait(beside: descriptor, milliseconds: milliseconds)
        if came.signal { try hear() }
        return came.other
    }

    /// Writes all of `bytes` to `descriptor`, and takes the signals that come while its reader keeps it waiting.
    func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let came = try signals.wait(beside: descriptor, for: POLLOUT, milliseconds: -1)
            if came.signal { try hear() }
            guard came.other else { continue }
            // What there is room for after poll(2) has said so: more could block, and nobody would hear signals.
            let piece = rest.prefix(Int(PIPE_BUF))
            let count = piece.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR, errno != EAGAIN {
                throw Failure.output(errno: errno)
            }
        }
    }

    /// Asks for the job's end on a connection of its own, without waiting for the answer.
    private func cancel() throws(ExitStatus) {
        guard canceller == nil, let job else { return }
        do {
            var connection = try Connection(to: path)
            try connection.start(CancelJob.method, CancelJob.Request(job: job), more: false)
            canceller = consume connection
        } catch {
            // Closing the run's connection ends the job too, though without a receipt.
            throw .cancelled
        }
    }
}
