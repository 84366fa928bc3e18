import NIOCore
import Synchronization

/// The connections of a server, counted and kept so that it can stop.
final class Connections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isStopping = false
        var waiting: [EventLoopPromise<Void>] = []
        /// How many are in the middle of a large frame.
        var large = 0
    }

    private let limit: Int
    private let largeLimit: Int
    private let state = Mutex(State())

    /// - Parameter large: how many may be in the middle of a large frame.
    init(limit: Int, large: Int) {
        self.limit = limit
        largeLimit = large
    }

    /// Notes that a large frame is on its way; false when there are too many.
    func beginLarge() -> Bool {
        state.withLock { state in
            guard state.large < largeLimit else { return false }
            state.large += 1
            return true
        }
    }

    func endLarge() {
        state.withLock { $0.large -= 1 }
    }

    var count: Int { state.withLock { $0.open.count } }

    /// Notes a connection; false when there are too many, or the server is stopping.
    func add(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isStopping, state.open.count < limit else { return false }
            state.open[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    /// Forgets a connection that is closed.
    func remove(_ channel: any Channel) {
        let done = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = nil
            guard state.open.isEmpty else { return [EventLoopPromise<Void>]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for promise in done { promise.succeed() }
    }

    /// Takes no more, and lets each finish its current call; `promise` is kept when the last one is closed.
    func drain(_ promise: EventLoopPromise<Void>) {
        let open = state.withLock { state in
            state.isStopping = true
            if !state.open.isEmpty { state.waiting.append(promise) }
            return Array(state.open.values)
        }
        if open.isEmpty { promise.succeed() }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(DrainEvent()) }
    }

    /// Closes all that are left.
    func close() {
        for channel in state.withLock({ Array($0.open.values) }) { channel.close(promise: nil) }
    }
}

/// Tells a connection to close when its current call has been answered; at once when there is none.
struct DrainEvent: Sendable {}
