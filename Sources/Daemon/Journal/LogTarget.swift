import Glibc

/// Which of the two places the log goes to.
public enum LogTarget: Sendable, Equatable {
    case journal
    case standardError

    /// The journal, if it is there and this process's standard error ends there; standard error everywhere else, such
    /// as on a terminal or in a container.
    public static func ofThisProcess() -> LogTarget {
        var file = stat()
        return choose(
            socketExists: access(JournalOutput.socketPath, F_OK) == 0,
            standardError: fstat(STDERR_FILENO, &file) == 0 ? (file.st_dev, file.st_ino) : nil, pid: getpid(),
            variable: { getenv($0).map { String(cString: $0) } })
    }

    /// The rule alone.
    ///
    /// The service manager names the file that it gave a service for standard error in `$JOURNAL_STREAM`, as
    /// `device:inode`. Children inherit the variable, and may have another standard error: so it counts only where the
    /// numbers are those of this process's own (systemd.exec(5)). Where the manager itself started this process, it is
    /// named in `$SYSTEMD_EXEC_PID`, and has no terminal that anybody looks at.
    static func choose(
        socketExists: Bool, standardError: (device: UInt, inode: UInt)?, pid: Int32, variable: (String) -> String?
    ) -> LogTarget {
        guard socketExists else { return .standardError }
        let ownStream = standardError.map { "\($0.device):\($0.inode)" }
        if let stream = variable("JOURNAL_STREAM"), stream == ownStream { return .journal }
        return variable("SYSTEMD_EXEC_PID") == String(pid) ? .journal : .standardError
    }

    /// What writes there.
    public var output: any LogOutput {
        switch self {
        case .journal: JournalOutput()
        case .standardError: TextOutput(STDERR_FILENO)
        }
    }
}
