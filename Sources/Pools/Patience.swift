/// How long the supervisor waits for what its processes owe it, and what it does when that doesn't come.
public struct Patience: Sendable, Equatable {
    /// How long a zygote may take for its next answer while it owes one, from its start on. Then it is killed and replaced.
    public var zygoteNanoseconds: UInt64 = 5_000_000_000
    /// The same for the first answer of a zygote that loads a user's library, which may read much and run code of its own.
    public var pluginNanoseconds: UInt64 = 10_000_000_000
    /// How often it is looked meanwhile whether it has been stopped, which time would not mend: then it is killed at once.
    public var lookNanoseconds: UInt64 = 20_000_000
    /// How long a forked worker, or a thread that was asked for, may take to be up. Then its process is killed.
    public var workerNanoseconds: UInt64 = 10_000_000_000
    /// How long nothing is started after a start that failed; doubled with each further one in a row.
    public var retryNanoseconds: UInt64 = 10_000_000
    /// No pause is longer, so that this is how long the service takes to come back once the cause is gone.
    public var longestRetryNanoseconds: UInt64 = 1_000_000_000
    /// How long zygotes may come to nothing, one after the other, until the jobs that need one are failed with the reason.
    public var brokenNanoseconds: UInt64 = 500_000_000
    /// How long, at the very end, processes that have been killed may take to be gone.
    public var endNanoseconds: UInt64 = 1_000_000_000

    public init() {}

    /// The pause after so many failures in a row.
    func pause(after failures: Int) -> UInt64 {
        min(retryNanoseconds << UInt64(min(max(failures - 1, 0), 20)), longestRetryNanoseconds)
    }
}
