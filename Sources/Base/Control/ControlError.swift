import Varlink

/// The errors of `org.pard.Control`, typed: each case is one `error` of the interface description.
public enum ControlError: Error, Sendable, Equatable {
    case unknownWorkload(String, known: [String])
    /// A value that a workload or a request can't take; `expected` says what it takes.
    case badArgument(String, value: String, expected: String)
    /// Nothing was started; `limit` names what is used up, and may not be in a moment.
    ///
    /// - `user`: the user ID whose share it is; nil where it is what all users have together.
    /// - `retryAfter`: nanoseconds after which asking again is worth it; nil where that can't be told.
    case busy(limit: String, allowed: Int, user: Int? = nil, retryAfter: Int? = nil)
    /// More than a limit allows; asking again won't help.
    case limitExceeded(limit: String, value: Int, allowed: Int)
    case noSuchJob(String)
    case noSuchPool(String, known: [String])
    case notPermitted(action: String, needs: String)
    case draining
    case workersFailed(reason: String)
}
