import Journal
import Linux
import Logging
import Pools
import Synchronization
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

/// The configuration in force, which reading it again changes.
final class LiveConfiguration: Sendable {
    private let state: Mutex<Configuration>

    init(_ configuration: Configuration) {
        state = Mutex(configuration)
    }

    var current: Configuration { state.withLock { $0 } }

    /// Takes over all of `new` that a running daemon can.
    ///
    /// - Returns: the configuration in force from now on, and the names of the settings that wait for a new start.
    /// - Throws: ``SettingError``; nothing is taken over then.
    func adopt(_ new: Configuration) throws(SettingError) -> (Configuration, waiting: [String]) {
        try state.withLock { state throws(SettingError) in
            let waiting = state.values.changesThatWait(in: new.values)
            state = try new.following(state)
            return (state, waiting)
        }
    }
}
