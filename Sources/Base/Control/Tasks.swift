/// How many of a run's tasks came to which end.
public struct Tasks: Codable, Sendable, Equatable {
    public var total: Int
    public var ok: Int
    public var failed: Int
    /// Their worker died and they may not be run again, or died too often.
    public var lost: Int
    public var cancelled: Int

    public init(ok: Int = 0, failed: Int = 0, lost: Int = 0, cancelled: Int = 0) {
        self.total = ok + failed + lost + cancelled
        self.ok = ok
        self.failed = failed
        self.lost = lost
        self.cancelled = cancelled
    }
}
