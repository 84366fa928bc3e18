import CSystemd

/// Tells the service manager how the daemon is. Without one, nothing happens.
public enum Notify {
    /// The daemon serves.
    public static func ready(status: String) { send("READY=1\nSTATUS=\(status)") }
    /// The daemon is about to end.
    public static func stopping(status: String) { send("STOPPING=1\nSTATUS=\(status)") }
    /// One line for `systemctl status`.
    public static func status(_ status: String) { send("STATUS=\(status)") }

    private static func send(_ state: String) {
        // A manager that can't be reached has no use for the news, and nobody else is waiting for it.
        _ = sd_notify(0, state)
    }
}
