import Journal
import Linux
import Logging
import Pools
import UnixSignals

/// Reads the configuration again at each SIGHUP: all of it is taken over, or nothing.
struct Reloader: Sendable {
    let live: LiveConfiguration
    let supervisor: Supervisor
    let reread: @Sendable () async throws -> Configuration
    let logger: Logger
    let status: StatusDisplay

    func follow(_ signals: UnixSignalsSequence) async {
        for await _ in signals {
            Notify.reloading(nanoseconds: Monotonic.now())
            Notify.ready(status: status.text(after: await reload()))
        }
    }

    /// - Returns: how it went, for the status line.
    private func reload() async -> String {
        let taken: Configuration
        let waiting: [String]
        do {
            (taken, waiting) = try live.adopt(try await reread())
        } catch {
            logger.tell(.configurationRejected, "the configuration stays as it was: \(error)")
            return "Configuration not reloaded: \(error)"
        }
        supervisor.setPolicy(taken.policy, queueLimit: taken.limits.queuedJobs)
        for note in taken.notes { logger.notice("\(note)") }
        let rest = waiting.isEmpty ? "" : "; \(waiting.joined(separator: ", ")) from the next start on"
        logger.tell(.configurationReloaded, "the configuration has been reloaded\(rest)")
        return "Configuration reloaded\(rest)"
    }
}
