import CSystemd

/// Tells the service manager how the daemon is. Without one, nothing happens.
public enum Notify {
    /// The daemon serves.
    public static func ready(status: String) { send("READY=1\nSTATUS=\(status)") }
    /// The daemon reads its configuration again, from this time of CLOCK_MONOTONIC on; ``ready(status:)`` ends it.
    public static func reloading(nanoseconds: UInt64) { send("RELOADING=1\nMONOTONIC_USEC=\(nanoseconds / 1000)") }
    /// The daemon is about to end, and takes at most this long from now.
    public static func stopping(status: String, withinNanoseconds nanoseconds: UInt64) {
        send("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(nanoseconds / 1000)\nSTATUS=\(status)")
    }
    /// One line for `systemctl status`.
    public static func status(_ status: String) { send("STATUS=\(status)") }
    /// The daemon is alive, see ``Watchdog``.
    public static func alive() { send("WATCHDOG=1") }

    private static func send(_ state: String) {
        // A manager that can't be reached has no use for the news, and nobody else is waiting for it.
        _ = sd_notify(0, state)
    }
}
