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

extension ControlError: ErrorConvertible {
    private static let prefix = Interface.name + "."

    private enum Name: String {
        case unknownWorkload = "UnknownWorkload"
        case badArgument = "BadArgument"
        case busy = "Busy"
        case limitExceeded = "LimitExceeded"
        case noSuchJob = "NoSuchJob"
        case noSuchPool = "NoSuchPool"
        case notPermitted = "NotPermitted"
        case draining = "Draining"
        case workersFailed = "WorkersFailed"
    }

    /// The error as it is sent: its name in the interface description, with its members.
    public var errorName: String {
        let name: Name =
            switch self {
            case .unknownWorkload: .unknownWorkload
            case .badArgument: .badArgument
            case .busy: .busy
            case .limitExceeded: .limitExceeded
            case .noSuchJob: .noSuchJob
            case .noSuchPool: .noSuchPool
            case .notPermitted: .notPermitted
            case .draining: .draining
            case .workersFailed: .workersFailed
            }
        return Self.prefix + name.rawValue
    }

    public var errorParameters: any Encodable {
        switch self {
        case .unknownWorkload(let name, let known): UnknownWorkload(workload: name, known: known)
        case .badArgument(let name, let value, let expected):
            BadArgument(argument: name, value: value, expected: expected)
        case .busy(let limit, let allowed, let user, let retryAfter):
            Busy(limit: limit, allowed: allowed, user: user, retryAfter: retryAfter)
        case .limitExceeded(let limit, let value, let allowed):
            LimitExceeded(limit: limit, value: value, allowed: allowed)
        case .noSuchJob(let job): NoSuchJob(job: job)
        case .noSuchPool(let name, let known): NoSuchPool(name: name, known: known)
        case .notPermitted(let action, let needs): NotPermitted(action: action, needs: needs)
        case .draining: Empty()
        case .workersFailed(let reason): WorkersFailed(reason: reason)
        }
    }

    /// The error that a reply says; nil when it is not one of this interface, or lacks a member.
    public init?(_ reply: ErrorReply) {
        guard reply.name.hasPrefix(Self.prefix),
            let name = Name(rawValue: String(reply.name.dropFirst(Self.prefix.count)))
        else { return nil }
        func members<T: Decodable>(_: T.Type) -> T? { reply.parameters(as: T.self) }
        let error: ControlError? =
            switch name {
            case .unknownWorkload:
                members(UnknownWorkload.self).map { .unknownWorkload($0.workload, known: $0.known) }
            case .badArgument:
                members(BadArgument.self).map { .badArgument($0.argument, value: $0.value, expected: $0.expected) }
            case .busy:
                members(Busy.self).map {
                    .busy(limit: $0.limit, allowed: $0.allowed, user: $0.user, retryAfter: $0.retryAfter)
                }
            case .limitExceeded:
                members(LimitExceeded.self).map {
                    .limitExceeded(limit: $0.limit, value: $0.value, allowed: $0.allowed)
                }
            case .noSuchJob: members(NoSuchJob.self).map { .noSuchJob($0.job) }
            case .noSuchPool: members(NoSuchPool.self).map { .noSuchPool($0.name, known: $0.known) }
            case .notPermitted: members(NotPermitted.self).map { .notPermitted(action: $0.action, needs: $0.needs) }
            case .draining: .draining
            case .workersFailed: members(WorkersFailed.self).map { .workersFailed(reason: $0.reason) }
            }
        guard let error else { return nil }
        self = error
    }
}

extension ControlError: CustomStringConvertible {
    /// What a run of a command's meets where it would have to wait, by the name of a limit.
    public static let innerLimit = "workers for a run within a run"

    /// One sentence that says what is wrong and what to do.
    public var description: String {
        switch self {
        case .unknownWorkload(let name, let known):
            "there is no workload \(name): choose one of \(known.joined(separator: ", "))"
        case .badArgument(let name, let value, let expected): "\(name) can't be \(value): it takes \(expected)"
        case .busy(Self.innerLimit, let allowed, _, let retryAfter):
            "the daemon is busy: this run is part of a command that has a worker, so it can't wait for busy ones, and no "
                + "others may be started (at most \(allowed)); nothing was started: try again \(Self.time(retryAfter))"
        case .busy(let limit, let allowed, let user, let retryAfter):
            "the daemon is busy: \(user.map { "user \($0)" } ?? "all users together") may have at most \(allowed) "
                + "\(limit); nothing was started: try again \(Self.time(retryAfter))"
        case .limitExceeded(let limit, let value, let allowed):
            "\(limit) is \(value), and this daemon allows \(allowed): ask for less, or have the limit raised"
        case .noSuchJob(let job): "there is no job \(job) that is queued or running: 'parctl jobs' lists them"
        case .noSuchPool(let name, let known):
            "there is no pool \(name): choose one of \(known.joined(separator: ", "))"
        case .notPermitted(let action, let needs): "you may not \(action): that needs \(needs)"
        case .draining:
            "the daemon is stopping: it finishes its jobs and takes no new ones, so try again once it has been restarted"
        case .workersFailed(let reason): "the workers did not start (\(reason)): see the daemon's log"
        }
    }

    /// When to try again, in whole seconds.
    private static func time(_ retryAfter: Int?) -> String {
        guard let retryAfter, retryAfter >= 0 else { return "later" }
        let (seconds, rest) = retryAfter.quotientAndRemainder(dividingBy: 1_000_000_000)
        return "in \(max(seconds + (rest > 0 ? 1 : 0), 1)) s"
    }
}

// The members of the errors, as the interface description has them.
private struct UnknownWorkload: Codable { var workload: String, known: [String] }
private struct BadArgument: Codable { var argument: String, value: String, expected: String }
private struct Busy: Codable {
    var limit: String, allowed: Int, user: Int?, retryAfter: Int?

    private enum CodingKeys: String, CodingKey {
        case limit, allowed, user
        case retryAfter = "retry_after"
    }
}
private struct LimitExceeded: Codable { var limit: String, value: Int, allowed: Int }
private struct NoSuchJob: Codable { var job: String }
private struct NoSuchPool: Codable { var name: String, known: [String] }
private struct NotPermitted: Codable { var action: String, needs: String }
private struct WorkersFailed: Codable { var reason: String }
