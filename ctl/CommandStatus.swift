/// An exit status that is none of this program's own: that of commands which it ran, or of what kept it from running
/// them.
struct CommandStatus: Error, Equatable {
    var code: Int32
    /// What to tell beside it; nil where everything has been said.
    var failure: CommandError?

    static func == (one: CommandStatus, other: CommandStatus) -> Bool { one.code == other.code }
}
