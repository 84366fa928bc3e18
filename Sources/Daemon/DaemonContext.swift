import Control
import Linux
import Logging
import Pools
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
