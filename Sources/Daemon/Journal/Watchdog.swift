import CSystemd

/// The service manager's watchdog, as it is set for this process.
public enum Watchdog {
    /// How long the service manager waits for a sign of life until it restarts the daemon, in nanoseconds; nil where it
    /// waits for none.
    public static var patienceNanoseconds: UInt64? {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds * 1000 : nil
    }
}
