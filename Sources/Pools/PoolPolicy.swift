/// The times and sizes by which pools are kept. All can be configured.
public struct PoolPolicy: Sendable, Equatable {
    /// Threads that are kept warm.
    public var threadFloor: Int
    /// Processes that are kept warm.
    public var processFloor: Int
    /// Workers of all pools and cold runs together.
    public var workerLimit = 256
    /// What a job is told that asks for more than ``workerLimit``: the name of the limit it comes from.
    public var workerLimitName = "workers"
    /// How long a worker above the floor waits for work before it is stopped.
    public var idleNanoseconds: UInt64 = 60_000_000_000
    /// How long a cancelled task may take to notice before its process is killed.
    public var cancelGraceNanoseconds: UInt64 = 1_000_000_000
    /// How long a worker without work may take to leave until its process is killed.
    public var stopGraceNanoseconds: UInt64 = 5_000_000_000
    /// How often each of a job's workers may die before it is up until the job is given up.
    public var startFailureLimit = 5
    /// How long a pool waits after such a death before it tries again; doubled each time.
    public var startRetryNanoseconds: UInt64 = 100_000_000
    /// How long is waited at most.
    public var startRetryMostNanoseconds: UInt64 = 1_000_000_000

    /// How long to wait after so many failures in a row.
    func pause(after failures: Int) -> UInt64 {
        min(startRetryNanoseconds << UInt64(max(0, min(failures - 1, 16))), startRetryMostNanoseconds)
    }

    public init(threadFloor: Int, processFloor: Int) {
        self.threadFloor = threadFloor
        self.processFloor = processFloor
    }
}
