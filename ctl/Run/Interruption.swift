import Control
import Glibc
import Linux
import Varlink

/// The user's wish to end a run, and what comes of it: the first signal asks the daemon for the job's end, a second one
/// leaves at once.
final class Interruption {
    /// Whether the run is to end.
    private(set) var isAsked = false
    /// Asks for the end of what is no single job; nil where it is one.
    var whenAsked: (() throws -> Void)?
    private let signals: Signals
    /// The daemon's socket.
    private let path: String
    private var job: String?
    /// The connection that asks for the job's end, until the daemon has answered.
    private var canceller: DaemonConnection?
    /// When to leave if the daemon has not answered by then, in nanoseconds of ``Monotonic``.
    private var deadline: Int?

    /// How long the daemon may take to accept a run that is to end, or to answer that it will end it, in nanoseconds.
    private static let patience = 2_000_000_000

    init(_ signals: Signals, at path: String) {
        self.signals = signals
        self.path = path
    }

    /// The run is the daemon's `job` from now on. Before, closing its connection ends it.
    func begin(_ job: String) throws(ExitStatus) {
        self.job = job
        if isAsked { try cancel() }
    }

    /// Takes the signal that came, if any. Throws ``ExitStatus/cancelled`` for a second one: a user who presses again is in a
    /// hurry.
    func hear() throws {
        guard let number = signals.next(), number != SIGCHLD else { return }
        guard !isAsked else { throw ExitStatus.cancelled }
        isAsked = true
        if let whenAsked { return try whenAsked() }
        deadline = Int(Monotonic.now()) + Self.patience
        try cancel()
    }

    /// Waits until `descriptor` is ready for `events`, for at most `milliseconds` (-1: for ever), and takes what signal comes.
    /// Throws ``ExitStatus/cancelled`` where the daemon doesn't answer to the user's wish.
    func wait(for events: Int32, of descriptor: Int32, milliseconds: Int32) throws -> Bool {
        let came = try signals.wait(beside: descriptor, for: events, milliseconds: try left(atMost: milliseconds))
        if came.signal { try hear() }
        return came.other
    }

    /// Takes what signal has come, without waiting, and throws as ``wait(for:of:milliseconds:)`` does: between replies that
    /// come so fast that nothing is ever waited for.
    func look() throws {
        try hear()
        _ = try left(atMost: 0)
    }

    /// How long to wait, in milliseconds: `milliseconds`, or less where the daemon has to answer by then.
    private func left(atMost milliseconds: Int32) throws -> Int32 {
        guard let deadline else { return milliseconds }
        if hasAnswer {
            self.deadline = nil
            canceller = nil
            return milliseconds
        }
        let left = (deadline - Int(Monotonic.now()) + 999_999) / 1_000_000
        guard left > 0 else {
            StandardError.write("parctl: the daemon does not answer: left without the run's receipt\n")
            throw ExitStatus.cancelled
        }
        return milliseconds < 0 ? Int32(clamping: left) : min(milliseconds, Int32(clamping: left))
    }

    /// Whether the daemon has answered that it ends the job, or that it can't.
    private var hasAnswer: Bool {
        guard canceller != nil else { return false }
        do {
            try canceller?.receiveAvailable()
            guard canceller?.client.hasBufferedReply == true else { return false }
            return try canceller?.client.next(as: Empty.self).continues == false
        } catch ClientError.failed {
            return true
        } catch {
            return false
        }
    }

    /// Writes all of `bytes` to `descriptor`, and takes the signals that come while its reader keeps it waiting.
    func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        DrawnLine.giveWay(to: bytes, on: descriptor)
        var rest = bytes[...]
        var since = Int(Monotonic.now())
        while !rest.isEmpty {
            // The user's wish alone: what the reader keeps waiting is no fault of the daemon's.
            let left = isAsked ? max(Self.patience - (Int(Monotonic.now()) - since), 0) : nil
            let came = try signals.wait(
                beside: descriptor, for: POLLOUT,
                milliseconds: left.map { Int32(clamping: ($0 + 999_999) / 1_000_000) } ?? -1)
            if came.signal {
                try hear()
                since = Int(Monotonic.now())
            }
            guard came.other else {
                // Who wants to leave waits no longer for somebody who may never read.
                if left == 0 {
                    StandardError.write("parctl: nobody reads the output: left without the rest of it\n")
                    throw ExitStatus.cancelled
                }
                continue
            }
            // What there is room for after poll(2) has said so: more could block, and nobody would hear signals.
            let piece = rest.prefix(Int(PIPE_BUF))
            let count = piece.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                since = Int(Monotonic.now())
            } else if errno != EINTR, errno != EAGAIN {
                throw CommandError.output(errno: errno)
            }
        }
    }

    /// Asks for the job's end on a connection of its own, without waiting for the answer.
    private func cancel() throws(ExitStatus) {
        guard canceller == nil, let job else { return }
        do {
            var connection = try DaemonConnection(to: path, patience: .nanoseconds(Self.patience))
            try connection.begin(CancelJob.method, text: CancelJob.Request(job: job).json, more: false)
            try connection.sendAvailable()
            deadline = Int(Monotonic.now()) + Self.patience
            canceller = consume connection
        } catch {
            // Closing the run's connection ends the job too, though without a receipt.
            throw .cancelled
        }
    }
}
