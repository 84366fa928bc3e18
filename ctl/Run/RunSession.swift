import Control
import Glibc

/// One run as its client lives through it: sends the request, follows the replies and the user's Ctrl-C, and ends with
/// the receipt.
struct RunSession {
    let request: Run.Request
    private(set) var records = RecordStore()
    /// Whether the user asked for the run's end.
    private(set) var interrupted = false
    /// Told of the acceptance, and of outputs as they come.
    var follower: ExecFollower?
    private var progress: ProgressDisplay
    private var job: String?

    /// - Parameter label: what the progress line says of the run, where it is one of many.
    init(_ request: Run.Request, terminal: Terminal, label: String? = nil) {
        self.request = request
        progress = ProgressDisplay(terminal, label: label)
    }

    /// Runs to the end. Throws a ``Failure``, or ``ExitStatus/cancelled`` when the user will not wait for the receipt.
    mutating func receipt(from connection: inout Connection, signals: Signals) throws -> Receipt {
        defer { progress.erase() }
        try connection.start(Run.method, request, more: true)
        // The connection that asks for the run's end stays open until the run has ended; its reply says nothing new.
        var canceller: Connection?
        while true {
            if !connection.client.hasBufferedReply {
                progress.draw()
                let came = try signals.wait(beside: connection.client.fileDescriptor, milliseconds: progress.patience)
                if came.signal, let number = signals.next(), number != SIGCHLD {
                    // Before the job has a name, closing the connection ends it; who presses again is in a hurry.
                    guard !interrupted else { throw ExitStatus.cancelled }
                    interrupted = true
                    progress.update(state: "stopping")
                }
                if interrupted, canceller == nil, let job {
                    // Where that fails, closing this connection ends the job too, though without a receipt.
                    do { canceller = try cancel(job, at: connection.path) } catch { throw ExitStatus.cancelled }
                }
                guard came.other else { continue }
            }
            if let receipt = try take(try connection.next(reader: Run.Reply.init(recordsFrame:))) {
                // Unused values may be destroyed, and connections closed, as soon as they are made.
                extendLifetime(canceller)
                return receipt
            }
            if interrupted, canceller == nil, let job {
                do { canceller = try cancel(job, at: connection.path) } catch { throw ExitStatus.cancelled }
            }
        }
    }

    /// Takes in one reply; the receipt if it is the last.
    private mutating func take(_ reply: Run.Reply) throws(Failure) -> Receipt? {
        if let accepted = reply.accepted {
            job = accepted.job
            try follower?.begin()
            progress.update(state: "queued", done: 0, total: accepted.tasks)
        }
        if let news = reply.progress {
            progress.update(state: interrupted ? "stopping" : news.state, done: news.done, total: news.total)
        }
        if let pieces = reply.outputs {
            progress.erase()
            for piece in pieces { try follower?.take(piece) }
        }
        if let block = reply.records { records.append(block) }
        return reply.receipt
    }

    /// Asks for the job's end on a connection of its own, without waiting for the answer.
    private func cancel(_ job: String, at path: String) throws(Failure) -> Connection {
        var connection = try Connection(to: path)
        try connection.start(CancelJob.method, CancelJob.Request(job: job), more: false)
        return connection
    }
}
