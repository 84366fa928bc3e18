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
