import CSystemd
import Glibc
import Linux

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

/// The service manager's watchdog, as it is set for this process.
public enum Watchdog {
    /// How long the service manager waits for a sign of life until it restarts the daemon, in nanoseconds; nil where it
    /// waits for none.
    public static var patienceNanoseconds: UInt64? {
        var microseconds: UInt64 = 0
        return sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds * 1000 : nil
    }
}

/// The sockets that the service manager has opened for this process (socket activation).
public enum Activation {
    /// A socket that was handed over, or why none can be used.
    public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// Sockets came, and this many of them have the name that was looked for.
        case ambiguous(wanted: String, given: [String])
        case failed(errno: Int32)

        public var description: String {
            switch self {
            case .ambiguous(let wanted, let given):
                "the service manager handed over \(given.joined(separator: ", ")), and exactly one of them must be "
                    + "called \(wanted): set FileDescriptorName=\(wanted) in the socket unit"
            case .failed(let number):
                "the service manager's sockets can't be taken over: \(SystemError.text(number))"
            }
        }
    }

    /// Takes over the socket called `name` (FileDescriptorName= of its unit), and those called as `others` say, which need not
    /// be there: none when no socket was handed over.
    ///
    /// To be called once: programs that this one starts don't see the sockets any more.
    public static func descriptors(named name: String, others: [String] = []) throws(Failure) -> [String: Int32] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        defer {
            for index in 0..<Int(max(0, count)) { free(names?[index]) }
            free(names)
        }
        if count < 0 { throw .failed(errno: -count) }
        if count == 0 { return [:] }
        let given = (0..<Int(count)).map { names?[$0].map { String(cString: $0) } ?? "unknown" }
        guard given.count(where: { $0 == name }) == 1 else { throw .ambiguous(wanted: name, given: given) }
        var descriptors: [String: Int32] = [:]
        for (index, found) in given.enumerated() where found == name || others.contains(found) {
            if descriptors[found] != nil { throw .ambiguous(wanted: found, given: given) }
            // SD_LISTEN_FDS_START, a macro: the sockets are numbered from 3 on.
            descriptors[found] = 3 + Int32(index)
        }
        return descriptors
    }
}
