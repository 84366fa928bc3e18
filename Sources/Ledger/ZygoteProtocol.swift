/// What the daemon and the zygote say to each other: messages of 32-bit words.
///
/// | request | reply |
/// | --- | --- |
/// | `fork` or `exec`, then the slot and the ticket of each new process | for each in order: a pid, or an errno negated |
/// | `ping` | `ping` |
public enum ZygoteProtocol {
    /// The first word of a request.
    public enum Request: UInt32, Sendable {
        case fork = 1
        case exec = 2
        case ping = 3
    }

    /// How many processes one request may ask for: few enough that an answer, a sign of life, is never long in coming.
    public static let requestLimit = 64

    /// The descriptors that the daemon gives the zygote, and the zygote a program of its own.
    public enum Inherited {
        public static let arena: Int32 = 3
        public static let event: Int32 = 4
        public static let control: Int32 = 5
        /// What the daemon's guardian is told by, see ``GuardianProtocol``.
        public static let guardian: Int32 = 6
    }
}
