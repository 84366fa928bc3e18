import Control
import Glibc
import Linux
import Report

/// Looks at the daemon now and then, and shows what it sees, until the user or a signal ends it.
struct TopSession: ~Copyable {
    enum Shape {
        /// All of the terminal.
        case live
        case text
        case json
    }

    private var connection: DaemonConnection
    private let interval: Int
    private var order: TopOrder
    private var isReversed = false
    private let shape: Shape
    private let isOnce: Bool
    private let color: ColorChoice
    /// The last looks, oldest first, all of them within ``span``, but two at least.
    private var samples: [TopSample] = []
    private var terminal = TopTerminal()
    private var isOver = false

    /// What rates and times are about, in nanoseconds.
    private static let span = 10_000_000_000

    init(
        _ connection: consuming DaemonConnection, interval: Int, order: TopOrder, shape: Shape, isOnce: Bool,
        color: ColorChoice
    ) {
        self.connection = connection
        self.interval = interval
        self.order = order
        self.shape = shape
        self.isOnce = isOnce
        self.color = color
    }

    /// Goes on to the end. The terminal is as it was then, whatever the end was.
    mutating func run() throws {
        guard shape == .live else { return try follow(nil) }
        let signals = try Signals([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT])
        do {
            try terminal.begin()
            try follow(signals)
        } catch {
            terminal.end()
            throw error
        }
        terminal.end()
    }

    private mutating func follow(_ signals: Signals?) throws {
        try look(signals)
        // The first picture has something to compare with.
        var next = Int(Monotonic.now()) + (shape == .live ? min(interval, 200_000_000) : interval)
        while !isOver {
            try wait(until: next, signals)
            if isOver { return }
            try look(signals)
            if isOver { return }
            try show()
            if isOnce { return }
            next = max(next + interval, Int(Monotonic.now()))
            if samples.count == 2 { next = Int(Monotonic.now()) + interval }
        }
    }

    // MARK: What there is to see

    private mutating func look(_ signals: Signals?) throws {
        guard let status: GetStatus.Reply = try ask(GetStatus.method, signals),
            let pools: ListPools.Reply = try ask(ListPools.method, signals),
            let jobs: ListJobs.Reply = try ask(ListJobs.method, signals),
            let metrics: GetMetrics.Reply = try ask(GetMetrics.method, signals)
        else { return }
        let now = Int(Monotonic.now())
        samples.append(
            TopSample(
                time: now, status: status, pools: pools.pools, jobs: jobs.jobs, metrics: metrics.metrics))
        while samples.count > 2, now - samples[0].time > Self.span { samples.removeFirst() }
    }

    /// Asks the daemon something; nil where the user has ended it all meanwhile.
    private mutating func ask<Answer: Decodable>(_ method: String, _ signals: Signals?) throws -> Answer? {
        try connection.start(method, text: Array("{}".utf8), more: false)
        let deadline = Int(Monotonic.now()) + Int(DaemonConnection.patience.components.seconds) * 1_000_000_000
        // Where nobody can press a key, waiting for the answer is all there is to do.
        while signals != nil, !connection.client.hasBufferedReply {
            guard Int(Monotonic.now()) < deadline else {
                throw CommandError.client(.noAnswer(DaemonConnection.patience))
            }
            let (hasReply, _) = try poll(connection.client.fileDescriptor, until: deadline, signals)
            if isOver { return nil }
            if hasReply { try connection.receiveAvailable() }
        }
        return try connection.next(as: Answer.self)
    }

    private mutating func show() throws {
        guard let now = samples.last, let before = samples.first, samples.count > 1 else { return }
        let figures = TopFigures(now, since: before)
        switch shape {
        case .json: try StandardOutput.write(json: figures)
        case .text:
            let style = Terminal(STDOUT_FILENO, color: color).style
            try StandardOutput.write(TopText(figures, order: order, isReversed: isReversed, style: style).text)
        case .live:
            let (columns, rows) = TopTerminal.size
            var style = Terminal(STDOUT_FILENO, color: color).style
            style.width = columns
            var lines = TopText(figures, order: order, isReversed: isReversed, style: style).lines(max(rows - 1, 1))
            while lines.count < rows - 1 { lines.append("") }
            let sorting = "jobs by \(order.rawValue)\(isReversed ? ", reversed" : "")"
            if rows > 1 { lines.append(style.paint("q end   s sort   r reverse   space look   \(sorting)", .dim)) }
            try terminal.draw(lines)
        }
    }

    // MARK: The user

    /// Waits until `time`, or until the user wants to see something.
    private mutating func wait(until time: Int, _ signals: Signals?) throws {
        guard let signals else {
            let left = time - Int(Monotonic.now())
            return try pause(nanoseconds: left)
        }
        while !isOver {
            let left = time - Int(Monotonic.now())
            if left <= 0 { return }
            let (_, wantsLook) = try poll(-1, until: time, signals)
            if wantsLook { return }
        }
    }

    /// Sleeps; ends early where nobody reads standard output any more.
    private func pause(nanoseconds: Int) throws {
        guard nanoseconds > 0 else { return }
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        guard Glibc.poll(&output, 1, Int32(clamping: nanoseconds / 1_000_000 + 1)) > 0 else { return }
        throw CommandError.output(errno: EPIPE)
    }

    /// Waits for `descriptor` (none where it is negative), keys and signals, and does what those ask for.
    private mutating func poll(
        _ descriptor: Int32, until time: Int, _ signals: Signals?
    ) throws -> (isReady: Bool, wantsLook: Bool) {
        guard let signals else { return (true, false) }
        let left = max(time - Int(Monotonic.now()), 0)
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: hasKeys ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
        ]
        guard Glibc.poll(&polled, 3, Int32(clamping: left / 1_000_000 + 1)) >= 0 else {
            guard errno == EINTR else { throw CommandError.system(call: "poll", errno: errno) }
            return (false, false)
        }
        if polled[1].revents != 0 { while let number = signals.next() { try take(number, signals) } }
        let wantsLook = polled[2].revents != 0 ? try readKeys() : false
        return (polled[0].revents != 0, wantsLook)
    }

    private var hasKeys = isatty(STDIN_FILENO) == 1

    /// - Returns: whether the user wants to see the daemon as it is now.
    private mutating func readKeys() throws -> Bool {
        var keys = [UInt8](repeating: 0, count: 64)
        let count = read(STDIN_FILENO, &keys, keys.count)
        guard count > 0 else {
            // Somebody else has what was typed, or the terminal is gone: a signal says so.
            if count == 0 || errno != EINTR { hasKeys = false }
            return false
        }
        // A key with a name of its own comes as ESC and more; none of them means anything here.
        guard keys[0] != 0x1B else { return false }
        var wantsLook = false
        for key in keys[..<count] {
            switch key {
            case UInt8(ascii: "q"), UInt8(ascii: "Q"): isOver = true
            case UInt8(ascii: "s"): order = order.next
            case UInt8(ascii: "r"): isReversed.toggle()
            case UInt8(ascii: " "): wantsLook = true
            default: break
            }
        }
        if !isOver, !wantsLook { try show() }
        return wantsLook
    }

    private mutating func take(_ number: Int32, _ signals: Signals) throws {
        switch number {
        case SIGWINCH: try show()
        case SIGCONT:
            try terminal.begin()
            try show()
        case SIGTSTP:
            // The shell shows that this program has stopped on the terminal as it was.
            terminal.end()
            raise(SIGSTOP)
        case SIGINT: isOver = true
        default:
            // Whoever has sent it sees that this program has ended by it.
            terminal.end()
            signals.release()
            raise(number)
        }
    }
}
