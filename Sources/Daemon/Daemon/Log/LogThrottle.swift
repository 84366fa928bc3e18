import Control
import Logging
import Synchronization
import VarlinkServer

/// Bounds how often what a client can cause is logged: once a second for each kind. What is kept back is counted, and told with
/// the next entry of its kind.
final class LogThrottle: Sendable {
    private struct Kind: Sendable {
        var lastTold: UInt64
        /// Events that the next entry will count beside its own.
        var untold = 0
    }

    /// Nanoseconds between two entries of one kind.
    static let interval: UInt64 = 1_000_000_000
    /// Kinds that are told apart; names of methods and limits, of which there are few.
    static let kindLimit = 64

    private let kinds = Mutex<[String: Kind]>([:])

    /// Takes in what happened at `now`, in nanoseconds of the monotonic clock.
    ///
    /// - Returns: how many of its kind are to be told of now, this one among them; nil when it is not the time.
    func take(_ kind: String, now: UInt64) -> Int? {
        kinds.withLock { kinds in
            let name = kinds.count < Self.kindLimit || kinds[kind] != nil ? kind : ""
            let untold = (kinds[name]?.untold ?? 0) + 1
            if let last = kinds[name]?.lastTold, now &- last < Self.interval {
                kinds[name]?.untold = untold
                return nil
            }
            kinds[name] = Kind(lastTold: now)
            return untold
        }
    }

    /// Logs a refusal because `limit`, of which `allowed` are allowed, was used up; and those kept back before it.
    func tell(_ logger: Logger, limit: String, allowed: Int, uid: UInt32, now: UInt64) {
        guard let count = take("refused \(limit)", now: now) else { return }
        logger.tell(
            .refused, "run refused: \(limit) are used up (\(allowed) allowed)\(Self.others(count))",
            ["limit": "\(limit)", "allowed": "\(allowed)", "refused": "\(count)", "peer_uid": "\(uid)"])
    }

    /// Logs what happened to a connection.
    func tell(_ logger: Logger, _ event: ServerEvent, now: UInt64) {
        guard let count = take(event.kind, now: now) else { return }
        logger.notice("\(event)\(Self.others(count))")
    }

    private static func others(_ count: Int) -> String {
        count == 1 ? "" : ", as were \(count - 1) more since the last such message"
    }
}
