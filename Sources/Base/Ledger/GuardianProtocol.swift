/// What the daemon and its workers say to the guardian, which ends what they can't end themselves: 32-bit words in a pipe.
/// Each is the number of a command, of which whatever is left is to be ended, or ``farewell``.
public enum GuardianProtocol {
    /// The first argument of the program; the family of the commands' marks follows, then the directory to be removed, if
    /// there is one.
    public static let flag = "--guardian"
    /// No command is left, and none will be started: the guardian ends once it has done what it was asked.
    public static let farewell: UInt32 = 0

    /// The descriptors that the daemon gives the guardian.
    public enum Inherited {
        /// The daemon's pidfd.
        public static let daemon: Int32 = 3
        /// Where words are read.
        public static let requests: Int32 = 4
    }
}
