import Glibc
import Synchronization

/// A few threads for what would hold up an event loop: reading a large call, writing a long reply, closing what a stranger
/// has opened.
///
/// Work is done in the order in which it came. Its amount is bounded by those who hand it in: one piece for each connection.
public final class BackgroundThreads: Sendable {
    private struct State: Sendable {
        var waiting: [@Sendable () -> Void] = []
        /// Where the next piece of work stands in `waiting`.
        var next = 0
        var isOver = false
    }

    private let state = Mutex(State())
    /// Counts the pieces of work that nobody has taken, and one for each thread at the end.
    private let count: Descriptor
    private let threads: Int

    /// Starts `count` threads of this name. They have the priority of the others: who holds a lock of the allocator's, or of the
    /// address space, and has to give way, holds up those he gives way to.
    public init(named name: String, count: Int) throws(SystemError) {
        threads = count
        self.count = try Descriptor.semaphore()
        for _ in 0..<count {
            _ = try SystemThread(named: name) { [self] in
                while let work = take() { work() }
            }
        }
    }

    /// Has `body` done on one of the threads; dropped once ``end()`` was called.
    public func run(_ body: @escaping @Sendable () -> Void) {
        let isTaken = state.withLock { state in
            if !state.isOver { state.waiting.append(body) }
            return !state.isOver
        }
        if isTaken { ring(count.raw) }
    }

    /// Ends the threads once all that was handed in is done.
    public func end() {
        let wasOver = state.withLock { state in
            defer { state.isOver = true }
            return state.isOver
        }
        guard !wasOver else { return }
        for _ in 0..<threads { ring(count.raw) }
    }

    /// Waits for the next piece of work; nil when there will be none.
    private func take() -> (@Sendable () -> Void)? {
        while true {
            let isCounted = awaitOne(count.raw)
            let (work, isOver) = state.withLock { state in
                guard state.next < state.waiting.count else { return (nil as (@Sendable () -> Void)?, state.isOver) }
                let work = state.waiting[state.next]
                state.waiting[state.next] = {}
                state.next += 1
                if state.next == state.waiting.count || state.next > Self.spentLimit {
                    state.waiting.removeFirst(state.next)
                    state.next = 0
                }
                return (work, false)
            }
            if let work { return work }
            if isOver || !isCounted { return nil }
        }
    }

    /// How many places of work that is done are kept until they are cleared away together.
    private static let spentLimit = 256
}
