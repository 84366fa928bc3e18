import Control
import Glibc
import Linux
import Varlink

/// One run as its client lives through it: sends the request, follows the replies and the user's Ctrl-C, and ends with
/// the receipt.
struct RunSession {
    let request: Run.Request
    private(set) var records = RecordStore()
    /// Told of the acceptance, and of outputs as they come.
    var follower: (any RunFollower)?
    private var progress: ProgressDisplay
    private var check = ReplyCheck()
    private var interruption: Interruption?

    /// Whether the user asked for the run's end.
    var interrupted: Bool { interruption?.isAsked ?? false }

    /// - Parameter label: what the progress line says of the run, where it is one of many.
    init(_ request: Run.Request, terminal: Terminal, label: String? = nil) {
        self.request = request
        progress = ProgressDisplay(terminal, label: label)
    }

    /// The descriptors that go with the request, which stay somebody else's.
    var descriptors: [Int32] = []
    /// What tasks have handed back; nil where they do not, or it was not asked for.
    private(set) var results: SessionResults?

    /// Runs to the end. Throws a ``CommandError``, or ``ExitStatus/cancelled`` when the user will not wait for the receipt.
    mutating func receipt(from connection: inout DaemonConnection, signals: Signals) throws -> Receipt {
        defer { progress.erase() }
        let interruption = Interruption(signals, at: connection.path)
        self.interruption = interruption
        do {
            connection.acceptDescriptors(request.results == true ? 1 : 0)
            try connection.begin(Run.method, text: request.json, more: true, descriptors: descriptors)
            try connection.sendAvailable()
            while connection.client.hasUnsentCall {
                if try wait(for: POLLOUT, connection, interruption) { try connection.sendAvailable() }
            }
            while true {
                while !connection.client.hasBufferedReply {
                    if try wait(for: POLLIN, connection, interruption) { try connection.receiveAvailable() }
                }
                try interruption.look()
                let reply: Run.Reply = try connection.next(
                    reader: Run.Reply.init(recordsFrame:), text: Run.Reply.init(parameters:))
                guard let receipt = try take(reply, interruption) else { continue }
                if let description = reply.results, let file = connection.takeDescriptor() {
                    results = SessionResults(description: description, file: file)
                }
                return receipt
            }
        } catch CommandError.client(let error) {
            throw lost(error)
        }
    }

    /// Draws what there is to draw, and waits for the connection, the user or the next drawing; whether it was the connection.
    private mutating func wait(
        for events: Int32, _ connection: borrowing DaemonConnection, _ interruption: Interruption
    ) throws -> Bool {
        progress.draw()
        let wasAsked = interruption.isAsked
        let came = try interruption.wait(
            for: events, of: connection.client.fileDescriptor, milliseconds: progress.patience)
        if interruption.isAsked, !wasAsked { progress.update(state: "stopping") }
        return came
    }

    /// What it means that the connection failed: before the run was accepted, nothing has been run.
    private func lost(_ error: ClientError) -> CommandError {
        guard let accepted = check.accepted else { return .client(error) }
        let reason = if case .disconnected = error { "the connection was closed" } else { error.description }
        return .lost(job: accepted.job, reason: reason)
    }

    /// Takes in one reply; the receipt if it is the last.
    private mutating func take(_ reply: Run.Reply, _ interruption: Interruption) throws -> Receipt? {
        do {
            try check.check(reply)
        } catch {
            throw CommandError.client(.protocolViolation(error.reason))
        }
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
        if let pieces = reply.early {
            progress.erase()
            try follower?.take(early: pieces, interruption)
        }
        if let block = reply.records { records.append(block) }
        return reply.receipt
    }
}

/// The file of results that came with a receipt.
final class SessionResults {
    let description: Run.Results
    private var file: Descriptor?

    init(description: Run.Results, file: consuming Descriptor) {
        self.description = description
        self.file = consume file
    }

    /// Opens the file, once; nil after that.
    func open(tasks: Int) throws(CommandError) -> FunctionResults? {
        guard let file = file.take() else { return nil }
        return try FunctionResults(description, file, tasks: tasks)
    }
}
