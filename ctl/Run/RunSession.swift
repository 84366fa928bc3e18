import Control

/// One run as its client lives through it: sends the request, follows the replies and the user's Ctrl-C, and ends with
/// the receipt.
struct RunSession {
    let request: Run.Request
    private(set) var records = RecordStore()
    /// Told of the acceptance, and of outputs as they come.
    var follower: ExecFollower?
    private var progress: ProgressDisplay
    private var interruption: Interruption?

    /// Whether the user asked for the run's end.
    var interrupted: Bool { interruption?.isAsked ?? false }

    /// - Parameter label: what the progress line says of the run, where it is one of many.
    init(_ request: Run.Request, terminal: Terminal, label: String? = nil) {
        self.request = request
        progress = ProgressDisplay(terminal, label: label)
    }

    /// Runs to the end. Throws a ``Failure``, or ``ExitStatus/cancelled`` when the user will not wait for the receipt.
    mutating func receipt(from connection: inout Connection, signals: Signals) throws -> Receipt {
        defer { progress.erase() }
        try connection.start(Run.method, request, more: true)
        let interruption = Interruption(signals, at: connection.path)
        self.interruption = interruption
        while true {
            if !connection.client.hasBufferedReply {
                progress.draw()
                let wasAsked = interruption.isAsked
                let came = try interruption.wait(
                    reading: connection.client.fileDescriptor, milliseconds: progress.patience)
                if interruption.isAsked, !wasAsked { progress.update(state: "stopping") }
                guard came else { continue }
            }
            let reply = try connection.next(reader: Run.Reply.init(recordsFrame:))
            if let receipt = try take(reply, interruption) { return receipt }
        }
    }

    /// Takes in one reply; the receipt if it is the last.
    private mutating func take(_ reply: Run.Reply, _ interruption: Interruption) throws -> Receipt? {
        if let accepted = reply.accepted {
            try interruption.begin(accepted.job)
            try follower?.begin()
            progress.update(state: "queued", done: 0, total: accepted.tasks)
        }
        if let news = reply.progress {
            progress.update(state: interruption.isAsked ? "stopping" : news.state, done: news.done, total: news.total)
        }
        if let pieces = reply.outputs {
            progress.erase()
            for piece in pieces { try follower?.take(piece, interruption) }
        }
        if let block = reply.records { records.append(block) }
        return reply.receipt
    }
}
