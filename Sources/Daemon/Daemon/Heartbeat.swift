import Journal
import Linux
import Logging
import Pools
import VarlinkServer

/// Tells the service manager that the daemon is alive, which it is while everything in it still moves: the tasks, the
/// event loop and the supervisor's thread. Zygotes that are ill are the supervisor's to replace, and no reason to start
/// another daemon.
struct Heartbeat: Sendable {
    let server: Server
    let supervisor: Supervisor
    let logger: Logger

    /// Goes on until it is cancelled or the supervisor has ended. Ends at once where no watchdog is set.
    ///
    /// A beat that one of them doesn't answer is never sent, and then it is the service manager's turn.
    func run() async {
        guard let patience = Watchdog.patienceNanoseconds else { return }
        let interval = Duration.nanoseconds(Int64(clamping: patience / 2))
        while await beat() {
            do {
                try await Task.sleep(for: interval)
            } catch {
                return
            }
        }
    }

    /// Asks everybody for a sign of life. False once there is nobody to ask.
    private func beat() async -> Bool {
        guard await server.checkIn() else {
            logger.error("the watchdog is fed no more, as the socket's event loop has ended")
            return false
        }
        guard await withCheckedContinuation({ answer in supervisor.checkIn { answer.resume(returning: $0) } }) else {
            return false
        }
        Notify.alive()
        return true
    }
}
