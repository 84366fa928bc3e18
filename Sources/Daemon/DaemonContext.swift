import Control
import Linux
import Logging
import Pools

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
    let refusals = RefusalNews()

    /// As it is now.
    var configuration: Configuration { live.current }

    /// Pools and jobs as they are now. Throws ``ControlError/draining`` once the pools are gone.
    func snapshot() async throws(ControlError) -> Snapshot {
        let snapshot = await withCheckedContinuation { answer in supervisor.look { answer.resume(returning: $0) } }
        guard let snapshot else { throw .draining }
        return snapshot
    }
}
