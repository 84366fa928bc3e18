import Control
import Linux
import Logging
import Pools
import Scheduling
import VarlinkServer

/// What every handler has at hand.
struct DaemonContext: Sendable {
    let live: LiveConfiguration
    let access: Access
    /// Where the socket is.
    let socketPath: String
    let supervisor: Supervisor
    let book: JobBook
    /// The daemon's own directory for files of its jobs.
    let directory: String
    let startedAt: UInt64
    let logger: Logger
    /// For what would hold up the supervisor or the socket's event loop.
    let background: BackgroundThreads
    let repeats = Repeats()

    /// As it is now.
    var configuration: Configuration { live.current }

    /// The runtime of workers that have a user's library loaded, for a job that is handed in right after.
    ///
    /// A daemon that serves all users has none: whoever's code it is would run with the daemon's rights, beside that of
    /// others.
    ///
    /// - Parameter path: from the root.
    func runtime(forPlugin path: String) throws(ControlError) -> RuntimeID {
        do {
            return try supervisor.runtime(forPlugin: path)
        } catch {
            switch error {
            case .unreadable(let fault):
                throw .badArgument("library", value: path, expected: "a file that can be read (\(fault))")
            case .relative: throw .badArgument("library", value: path, expected: "a path that begins with /")
            case .noMemory(let fault): throw .workersFailed(reason: "\(fault)")
            case .shared:
                throw .notPermitted(
                    action: "load a library of one's own into the daemon of all users",
                    needs: "a daemon of one's own: systemctl --user start pard.socket, or parctl without a daemon")
            }
        }
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
