import Linux

/// The variables by which a service manager and an operator speak to the daemon itself: workers have no business with
/// them.
enum ServiceVariables {
    /// From "Environment Variables Set or Propagated by the Service Manager" of systemd.exec(5), and sd_notify(3).
    private static let names: Set<Substring> = [
        "NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM", "LOG_NAMESPACE", "SYSTEMD_EXEC_PID",
        "CREDENTIALS_DIRECTORY",
        "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY",
        "MAINPID",
        "PIDFILE", "REMOTE_ADDR", "REMOTE_PORT", "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS", "FDSTORE",
        "DEBUG_INVOCATION", "SO_COOKIE",
    ]
    private static let prefixes = [
        "PARD_", "LISTEN_", "WATCHDOG_", "MANAGERPID", "MEMORY_PRESSURE_", "MONITOR_", "TRIGGER_",
    ]

    /// The environment that zygotes and workers have: this process's, less all of that.
    static var environmentOfWorkers: Variables { Variables(ofThisProcessWithout: isOfService) }

    static func isOfService(_ name: Substring) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}
