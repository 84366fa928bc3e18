import Glibc
public import Linux
public import Logging
import Synchronization

/// Entries on their way to an output that may block, such as a journal that has stalled.
///
/// Whoever logs leaves an entry here and goes on; one thread of its own writes them, some at a time, so that a busy
/// program wakes it seldom. When the queue is full or the output refuses an entry, the entry is dropped and counted, and
/// once the output takes entries again, one more says how many were dropped.
public final class LogQueue: Sendable {
    /// Entries that wait at most, unless another number is given: some MiB, and a second of runs one after the other.
    public static let defaultCapacity = 4096
    /// After how many milliseconds the count of dropped entries is offered again, where nothing else is logged.
    static let reportMilliseconds: Int32 = 5000
    /// For how many milliseconds after the first of them entries are gathered to be written together.
    static let gatherMilliseconds: Int32 = 10

    private struct State: Sendable {
        var waiting: [LogEntry] = []
        /// Dropped and not reported yet.
        var dropped = 0
        var rest = Rest.none
        var isEnding = false
    }

    /// What the thread waits for.
    private enum Rest {
        case none
        /// The first entry.
        case idle
        /// More entries beside those there are: the bell is for haste.
        case gathering
    }

    /// What the thread does next.
    private enum Step {
        case write([LogEntry])
        case report(Int)
        /// Wait for the bell for so long, or for ever; `gathers` says that it is for more entries, not for the first.
        case rest(milliseconds: Int32?, gathers: Bool)
        case end
    }

    /// What the thread remembers from one step to the next.
    private struct Course {
        /// Whether the entries that wait have had their time to gather.
        var hasGathered = false
        /// Whether the output refused the last that it was given.
        var isRefused = false
    }

    private let output: any LogOutput
    private let capacity: Int
    private let droppedID: String
    private let state = Mutex(State())
    private let bell: Descriptor
    private let ended: Descriptor

    /// Starts the thread.
    ///
    /// - Parameter droppedID: the message ID of the entry that tells how many were dropped.
    public init(
        to output: any LogOutput, droppedID: String, capacity: Int = LogQueue.defaultCapacity
    ) throws(SystemError) {
        self.output = output
        self.capacity = capacity
        self.droppedID = droppedID
        bell = try Descriptor.event()
        ended = try Descriptor.event()
        _ = try SystemThread(named: "par-log") { [self] in drain() }
    }

    /// Takes an entry, or drops and counts it. Doesn't block.
    public func add(_ entry: LogEntry) {
        let mustWake = state.withLock { state in
            guard state.waiting.count < capacity, !state.isEnding else {
                state.dropped += 1
                return false
            }
            state.waiting.append(entry)
            switch state.rest {
            case .none: return false
            case .gathering where state.waiting.count < capacity / 2: return false
            case .idle, .gathering:
                state.rest = .none
                return true
            }
        }
        if mustWake { ring(bell.raw) }
    }

    /// Entries that were dropped and not yet reported.
    public var dropped: Int { state.withLock { $0.dropped } }

    /// Writes what waits and ends the thread. Entries that come later are dropped.
    ///
    /// - Parameter milliseconds: how long to wait for that. An output that still blocks keeps its thread, which ends
    ///   with the process.
    /// - Returns: whether everything was written.
    @discardableResult
    public func finish(within milliseconds: Int32) -> Bool {
        state.withLock { $0.isEnding = true }
        ring(bell.raw)
        return Self.isRung(ended.raw, within: milliseconds) && dropped == 0
    }

    /// The thread's work.
    private func drain() {
        // Standard error may be a pipe whose reader has gone: that is met as EPIPE where the write is.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var course = Course()
        while true {
            switch next(course) {
            case .write(let entries):
                let lost = output.write(entries)
                if lost > 0 { state.withLock { $0.dropped += lost } }
                course = Course(isRefused: lost == entries.count)
            case .report(let count):
                course.isRefused = !output.write(report(of: count))
                if !course.isRefused { state.withLock { $0.dropped -= count } }
            case .rest(let milliseconds, let gathers):
                if Self.isRung(bell.raw, within: milliseconds ?? -1) { silence(bell.raw) }
                course = Course(hasGathered: gathers)
            case .end:
                ring(ended.raw)
                return
            }
        }
    }

    private func next(_ course: Course) -> Step {
        state.withLock { state in
            state.rest = .none
            if state.dropped > 0, !course.isRefused { return .report(state.dropped) }
            if !state.waiting.isEmpty {
                guard course.hasGathered || state.isEnding || state.waiting.count >= capacity / 2 else {
                    state.rest = .gathering
                    return .rest(milliseconds: Self.gatherMilliseconds, gathers: true)
                }
                defer { state.waiting = [] }
                return .write(state.waiting)
            }
            if state.isEnding { return .end }
            state.rest = .idle
            return .rest(milliseconds: state.dropped > 0 ? Self.reportMilliseconds : nil, gathers: false)
        }
    }

    /// Waits for an eventfd for at most `milliseconds` (-1: for ever).
    private static func isRung(_ event: Int32, within milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: event, events: Int16(POLLIN), revents: 0)
        while true {
            let count = Glibc.poll(&poll, 1, milliseconds)
            if count >= 0 || errno != EINTR { return count == 1 }
        }
    }

    private func report(of count: Int) -> LogEntry {
        LogEntry(
            level: .warning,
            message: "\(count) log \(count == 1 ? "entry was" : "entries were") dropped: the log could not be written",
            metadata: [LogEntry.messageIDKey: "\(droppedID)", "dropped": "\(count)"])
    }
}

/// swift-log's way into a ``LogQueue``.
public struct QueueLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level
    private let queue: LogQueue

    public init(_ queue: LogQueue, level: Logger.Level = .info) {
        self.queue = queue
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Leaves the entry for the queue's thread: no call here waits for anything but a short lock.
    public func log(event: LogEvent) {
        var all = event.metadata ?? [:]
        // What is closest to the message counts, where a key is there twice.
        if let metadataProvider { all.merge(metadataProvider.get()) { nearer, _ in nearer } }
        if !metadata.isEmpty { all.merge(metadata) { nearer, _ in nearer } }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        queue.add(LogEntry(level: event.level, message: event.message.description, metadata: all))
    }
}
