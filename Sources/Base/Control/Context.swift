/// Where commands run: what a program inherits from its caller, as the caller has it.
public struct Context: Codable, Sendable, Equatable {
    /// An absolute path.
    public var directory: String
    /// Permission bits that new files don't get.
    public var umask: Int
    /// `NAME=value` for each variable.
    public var environment: [String]

    public init(directory: String, umask: Int, environment: [String]) {
        self.directory = directory
        self.umask = umask
        self.environment = environment
    }

    /// What commands get whose caller says nothing.
    public static let bare = Context(
        directory: "/", umask: 0o022,
        environment: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
}
