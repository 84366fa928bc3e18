import Glibc
import Linux

/// The user's wish to end a run, and what comes of it: the first signal asks the daemon for the job's end, a second one
/// leaves at once.
final class Interruption {
    /// When it was asked for that the run ends, in nanoseconds of ``Monotonic``; nil while it was not.
    private(set) var askedAt: Int?
    /// Asks for the end of what is no single job; nil where it is one.
    var whenAsked: (() throws -> Void)?
    private let signals: Signals
    private var job: String?
    private let canceller: JobCanceller
    private var hasCancelled = false
    /// When to leave if the daemon has not answered by then, in nanoseconds of ``Monotonic``.
    private var deadline: Int?

    init(_ signals: Signals, at path: String) {
        self.signals = signals
        canceller = JobCanceller(at: path)
    }

    /// Whether the run is to end.
    var isAsked: Bool { askedAt != nil }

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
        let now = Int(Monotonic.now())
        askedAt = now
        if let whenAsked { return try whenAsked() }
        deadline = now + JobCanceller.patience
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
        canceller.hear()
        guard hasCancelled, canceller.hasAnswers else { return try Self.left(until: deadline, atMost: milliseconds) }
        self.deadline = nil
        return milliseconds
    }

    /// The same until `deadline`. Throws ``ExitStatus/cancelled`` once it has come: the daemon doesn't answer to the user's wish.
    static func left(until deadline: Int, atMost milliseconds: Int32) throws(ExitStatus) -> Int32 {
        let left = Monotonic.milliseconds(until: UInt64(deadline))
        guard left > 0 else {
            StandardError.write("parctl: the daemon does not answer: left without the run's receipt\n")
            throw .cancelled
        }
        return milliseconds < 0 ? left : min(milliseconds, left)
    }

    /// Writes all of `bytes` to `descriptor`, and takes the signals that come while its reader keeps it waiting.
    func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        DrawnLine.giveWay(to: bytes, on: descriptor)
        var rest = bytes[...]
        var since = Int(Monotonic.now())
        while !rest.isEmpty {
            // The user's wish alone: what the reader keeps waiting is no fault of the daemon's.
            let left = isAsked ? max(JobCanceller.patience - (Int(Monotonic.now()) - since), 0) : nil
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
        guard !hasCancelled, let job else { return }
        do {
            try canceller.cancel([job])
            hasCancelled = true
            deadline = canceller.askedAt + JobCanceller.patience
        } catch {
            // Closing the run's connection ends the job too, though without a receipt.
            throw .cancelled
        }
    }
}
