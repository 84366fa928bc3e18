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

/// When a run begins no further tasks.
public struct Halt: Codable, Sendable, Equatable {
    /// After so many failed ones.
    public var failures: Int
    /// Whether those that run are ended then.
    public var now: Bool

    public init(failures: Int, now: Bool) {
        self.failures = failures
        self.now = now
    }
}
