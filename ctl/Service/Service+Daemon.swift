import Glibc

extension Service {
    /// Hands `body` a connection to whatever daemon there is, or else to a private one that lives as long as `body` does.
    ///
    /// Signals are taken from when on there is a connection, or a daemon to take away: before, they end this program at once.
    func withDaemon(_ body: (inout DaemonConnection, Signals) throws -> Void) throws {
        if var connection = try reachable() {
            return try body(&connection, try .ofUser())
        }
        guard let program = DaemonFinder.pard() else {
            throw CommandError.privateDaemon("there is no 'pard' beside parctl or in $PATH")
        }
        StandardError.write("parctl: no daemon is running: starting a private one for this command\n")
        let signals = try Signals.ofUser()
        let daemon = try PrivateDaemon.start(program: program, signals: signals)
        do {
            try serve(daemon.socketPath, signals, body)
        } catch {
            daemon.stop(signals)
            throw error
        }
        daemon.stop(signals)
    }

    /// The connection is closed when this returns: before its daemon is told to stop.
    private func serve(
        _ socketPath: String, _ signals: Signals, _ body: (inout DaemonConnection, Signals) throws -> Void
    ) throws {
        var connection = try DaemonConnection(to: socketPath)
        try body(&connection, signals)
    }

    /// Whatever daemon there is; nil where there is none and a private one may be started.
    private func reachable() throws -> DaemonConnection? {
        let choice = choice
        do {
            return try connect()
        } catch {
            guard !noSpawn, choice.allowsSpawning(after: error) else { throw error }
            return nil
        }
    }
}

extension SocketChoice {
    /// Whether a private daemon may stand in after `failure` to connect: only where the user named no socket, and
    /// nobody is there.
    func allowsSpawning(after failure: CommandError) -> Bool {
        guard case .found = self else { return false }
        return switch failure {
        case .noDaemon: true
        case .client(.unreachable(_, let number)): number == ENOENT || number == ECONNREFUSED
        default: false
        }
    }
}
