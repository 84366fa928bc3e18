import Control
import Logging
import Pools
import Synchronization

/// Tells of refused runs, once a second at most: a client that asks again and again must not fill the journal.
final class RefusalNews: Sendable {
    private struct State: Sendable {
        var lastTold: UInt64?
        /// Refusals that the next entry will speak for beside its own.
        var untold = 0
    }

    /// Nanoseconds between two entries.
    static let interval: UInt64 = 1_000_000_000

    private let state = Mutex(State())

    /// Takes in a refusal at `now`, in nanoseconds of the monotonic clock.
    ///
    /// - Returns: how many refusals are to be told of now, this one among them; nil when it is not the time.
    func take(now: UInt64) -> Int? {
        state.withLock { state in
            state.untold += 1
            if let last = state.lastTold, now &- last < Self.interval { return nil }
            defer { state = State(lastTold: now) }
            return state.untold
        }
    }

    /// Logs a refusal because `limit`, of which `allowed` are allowed, was used up; and those kept back before it.
    func tell(_ logger: Logger, limit: String, allowed: Int, uid: UInt32, now: UInt64) {
        guard let count = take(now: now) else { return }
        let others = count == 1 ? "" : ", as were \(count - 1) more since the last such message"
        logger.tell(
            .refused, "run refused: \(limit) are used up (\(allowed) allowed)\(others)",
            ["limit": "\(limit)", "allowed": "\(allowed)", "refused": "\(count)", "peer_uid": "\(uid)"])
    }
}
