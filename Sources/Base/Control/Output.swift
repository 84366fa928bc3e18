/// A piece of what a task wrote. The last one of a task has its record; it may be the only one, and empty.
public struct Output: Codable, Sendable, Equatable {
    public var task: Int
    /// Base64.
    public var stdout: String
    /// Base64.
    public var stderr: String
    public var record: Record?

    public init(task: Int, stdout: String, stderr: String, record: Record? = nil) {
        self.task = task
        self.stdout = stdout
        self.stderr = stderr
        self.record = record
    }
}

/// When a task's output is sent.
public enum OutputOrder: String, Codable, Sendable, CaseIterable {
    /// Once it has ended.
    case ended
    /// Once all tasks before it have ended, too.
    case tasks
}
