import CSystemd
import Glibc
import Linux

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

    /// Takes over the socket called `name` (FileDescriptorName= of its unit); nil when no socket was handed over.
    ///
    /// To be called once: programs that this one starts don't see the sockets any more.
    public static func descriptor(named name: String) throws(Failure) -> Int32? {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        defer {
            for index in 0..<Int(max(0, count)) { free(names?[index]) }
            free(names)
        }
        if count < 0 { throw .failed(errno: -count) }
        if count == 0 { return nil }
        let given = (0..<Int(count)).map { names?[$0].map { String(cString: $0) } ?? "unknown" }
        let matches = given.indices.filter { given[$0] == name }
        guard matches.count == 1, let match = matches.first else { throw .ambiguous(wanted: name, given: given) }
        // SD_LISTEN_FDS_START, a macro: the sockets are numbered from 3 on.
        return 3 + Int32(match)
    }
}
