import Catalogue
import Control
import Linux
import Logging
import Pools
import Scheduling
import VarlinkServer

/// What every handler has at hand. One object, as each run holds on to it.
final class DaemonContext: Sendable {
    let live: LiveConfiguration
    let access: Access
    /// Where the socket is.
    let socketPath: String
    let supervisor: Supervisor
    let runs: RunRegistry
    /// The daemon's own directory for files of its jobs.
    let directory: String
    let startedAt: UInt64
    /// The same in seconds since 1970.
    let startTime: Double
    let logger: Logger
    /// For what would hold up the supervisor or the socket's event loop.
    let background: BackgroundThreads
    /// Threads on which a call may take its time before its run begins.
    let planners: BackgroundThreads
    let throttle = LogThrottle()
    /// Where this is, and how busy.
    let vitals = HostVitals()
    let counts: RunCounts
    let origin: DaemonOrigin
    let usage = Usage()

    init(
        live: LiveConfiguration, access: Access, socketPath: String, supervisor: Supervisor, runs: RunRegistry,
        directory: String, startedAt: UInt64, startTime: Double, logger: Logger, background: BackgroundThreads,
        planners: BackgroundThreads,
        counts: RunCounts, origin: DaemonOrigin
    ) {
        self.live = live
        self.access = access
        self.socketPath = socketPath
        self.supervisor = supervisor
        self.runs = runs
        self.directory = directory
        self.startedAt = startedAt
        self.startTime = startTime
        self.logger = logger
        self.background = background
        self.planners = planners
        self.counts = counts
        self.origin = origin
    }

    /// As it is now.
    var configuration: Configuration { live.current }

    /// Counts a run or lease that was not taken in.
    func refused(_ error: any Error) {
        runs.countRefusal()
        counts.countRefusal(error)
    }

    /// The runtime of workers that have a user's library loaded, for a job that is handed in right after.
    ///
    /// A daemon that serves all users has none: such code would run with the daemon's rights, beside other users' jobs.
    ///
    /// - Parameter path: from the root.
    func runtime(forPlugin path: String) throws(ControlError) -> RuntimeID {
        do {
            return try supervisor.runtime(forPlugin: path)
        } catch {
            throw Self.error(error, "library", path, to: "load a library of one's own into the daemon of all users")
        }
    }

    /// The runtime of workers of a user's Python, likewise.
    func runtime(forPython need: InterpreterNeed) throws(ControlError) -> RuntimeID {
        try interpreter(for: need).id
    }

    /// The same, and whether it was made for this, and why.
    func interpreter(for need: InterpreterNeed) throws(ControlError) -> (id: RuntimeID, isNew: Bool, reason: String?) {
        do {
            return try supervisor.interpreter(for: need)
        } catch {
            throw Self.error(
                error, "python", need.family.interpreter, to: "run Python in the daemon of all users")
        }
    }

    private static func error(
        _ refusal: RuntimeRefusal, _ argument: String, _ path: String, to action: String
    ) -> ControlError {
        switch refusal {
        case .unreadable(let fault):
            .badArgument(argument, value: path, expected: "a file that can be read (\(fault))")
        case .relative: .badArgument(argument, value: path, expected: "a path that begins with /")
        case .noMemory(let fault): .workersFailed(reason: "\(fault)")
        case .broken(let reason): .workersFailed(reason: reason)
        case .missing(let what): .workersFailed(reason: "\(what) is missing: it belongs beside pard or its zygotes")
        case .shared:
            .notPermitted(
                action: action,
                needs: "a daemon of one's own: parctl start, or systemctl --user start pard.socket")
        }
    }

    /// The runtime that a job's workers are made of, where that is made for it; nil where every daemon has it.
    func runtime(of plan: RunPlan) throws(ControlError) -> RuntimeID? {
        switch plan.definition.runtime {
        case RuntimeName.plugin: try plugin(plan.arguments["function"] ?? "")
        case RuntimeName.python: try runtime(forPython: plan.python())
        default: nil
        }
    }

    /// The runtime of a user's library, which is made where there is none, once it is known to have the function.
    ///
    /// - Parameter name: the library's path, a colon and the function's name.
    private func plugin(_ name: String) throws(ControlError) -> RuntimeID {
        func fault(_ expected: String) -> ControlError { .badArgument("function", value: name, expected: expected) }
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            throw fault("a library's path, a colon and a function's name")
        }
        let path = String(name[..<colon])
        let runtime = try runtime(forPlugin: path)
        do throws(LibraryFile.Fault) {
            try LibraryFile(at: path).check(String(name[name.utf8.index(after: colon)...]))
        } catch {
            throw fault("a function that is there: \(path) \(error)")
        }
        return runtime
    }

    /// Answers with what `body` makes of pools and jobs as they are now, on a background thread: there may be thousands.
    func answer(
        _ call: IncomingCall, _ body: @escaping @Sendable (Snapshot) throws -> any Encodable & Sendable
    ) {
        supervisor.look { [background] snapshot in
            background.run {
                do {
                    guard let snapshot else { throw ControlError.draining }
                    call.reply(try body(snapshot))
                } catch {
                    call.fail(error)
                }
            }
        }
    }
}

/// Who may do what, by the credentials that the kernel noted when the connection was made.
struct Access: Sendable {
    /// Whether every user is served that the socket lets in, rather than the daemon's own only.
    let isShared: Bool
    /// The daemon's own user.
    let owner: UInt32

    private static let root: UInt32 = 0

    /// Whether the peer is served at all.
    func admit(_ peer: Peer) throws(ControlError) {
        if isShared || peer.uid == owner { return }
        throw .notPermitted(action: "use the daemon of another user", needs: "user id \(owner), whose daemon this is")
    }

    /// Whether the peer may change the pools, which all users share.
    func rule(_ peer: Peer) throws(ControlError) {
        if !isShared || peer.uid == owner || peer.uid == Self.root { return }
        throw .notPermitted(action: "change the pools of all users", needs: "root")
    }

    /// Whether a job of user `uid` is the peer's to cancel and to see in full.
    func owns(_ peer: Peer, jobOf uid: UInt32) -> Bool {
        peer.uid == uid || peer.uid == Self.root
    }
}
