import Glibc
import Linux

/// Commands that are given the parts of the input in turn, each several of them (`--round-robin`).
///
/// The first parts begin a command each, until as many are there as run at a time. Then the next one in turn that has taken all
/// that it was given gets the next part; with `--keep-order` it is waited for, so that the same input goes the same ways.
final class PartTurns {
    /// A command's input: a pipe, and what has still to be written into it.
    private struct Feed {
        let reader: Int32
        var writer: Int32
        var rest: ArraySlice<UInt8>
        var isOver = false
    }

    private let parts: PipeReader
    private let inOrder: Bool
    private var feeds: [Feed] = []
    /// Whose turn it is.
    private var next = 0
    /// A part that nobody could take yet.
    private var part: [UInt8]?
    private var hasEnded = false

    init(_ parts: PipeReader, inOrder: Bool) {
        self.parts = parts
        self.inOrder = inOrder
    }

    deinit { for index in feeds.indices { finish(index) } }

    /// Whether the input is wanted: there is room for a part.
    var isReading: Bool { part == nil && !hasEnded }

    /// Commands that have been begun.
    var begunCount: Int { feeds.count }

    /// Whether all commands have been begun that will be.
    func isComplete(_ count: Int) -> Bool { hasEnded || feeds.count == count }

    /// What to poll for: the pipes that have no room.
    var polled: [pollfd] {
        feeds.compactMap { feed in
            feed.rest.isEmpty || feed.isOver ? nil : pollfd(fd: feed.writer, events: Int16(POLLOUT), revents: 0)
        }
    }

    /// Reads and hands out what can be, and returns the commands that are to be begun for it.
    ///
    /// - Parameter count: how many commands there are at most.
    func advance(_ count: Int) throws(CommandError) -> [ExecJob] {
        var begun: [ExecJob] = []
        for index in feeds.indices { write(index) }
        while true {
            if part == nil, !hasEnded {
                switch try parts.next() {
                case .part(let next): part = next
                case .later: return begun
                case .end: end()
                }
            }
            guard let part else { return begun }
            if feeds.count < count {
                begun.append(try begin(part))
            } else if feeds.allSatisfy(\.isOver) {
                // Nobody is left to read it.
                end()
            } else if let index = receiver() {
                feeds[index].rest = part[...]
                next = (index + 1) % count
                write(index)
            } else {
                return begun
            }
            self.part = nil
        }
    }

    /// The command of that number, from 1, reads no more.
    func finish(number: Int) {
        finish(number - 1)
        feeds[number - 1].isOver = true
    }

    private func begin(_ part: [UInt8]) throws(CommandError) -> ExecJob {
        do throws(SystemError) {
            let ends = try Pipe().release()
            try system("fcntl") { fcntl(ends.writer, F_SETFL, O_NONBLOCK) }
            feeds.append(Feed(reader: ends.reader, writer: ends.writer, rest: ((parts.heading ?? []) + part)[...]))
        } catch {
            throw CommandError(error)
        }
        let index = feeds.count - 1
        write(index)
        return ExecJob(number: feeds.count, arguments: [], input: feeds[index].reader)
    }

    private func receiver() -> Int? {
        let order = (0..<feeds.count).map { (next + $0) % feeds.count }.filter { !feeds[$0].isOver }
        return inOrder
            ? order.first.flatMap { feeds[$0].rest.isEmpty ? $0 : nil } : order.first { feeds[$0].rest.isEmpty }
    }

    private func end() {
        (hasEnded, part) = (true, nil)
        for index in feeds.indices { write(index) }
    }

    /// Writes what there is room for; closes the pipe behind the last part.
    private func write(_ index: Int) {
        guard !feeds[index].isOver else { return }
        while !feeds[index].rest.isEmpty {
            let writer = feeds[index].writer
            let count = feeds[index].rest.withUnsafeBytes { Glibc.write(writer, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            feeds[index].rest = feeds[index].rest.dropFirst(count)
        }
        if hasEnded, feeds[index].writer >= 0 {
            close(feeds[index].writer)
            feeds[index].writer = -1
        }
    }

    private func finish(_ index: Int) {
        guard !feeds[index].isOver else { return }
        close(feeds[index].reader)
        if feeds[index].writer >= 0 { close(feeds[index].writer) }
        feeds[index].rest = []
    }
}
