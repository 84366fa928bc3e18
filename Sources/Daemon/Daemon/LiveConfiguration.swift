import Synchronization

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
