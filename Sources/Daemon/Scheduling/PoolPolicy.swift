import Sharing

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
    /// Whether users are told apart, so that each has a share of workers and queue, and queues serve them in turn.
    public var isShared = false
    /// Whether a pool grows for a job that its busy workers would have to be waited for, as long as there is room.
    public var growsBusyPools = false
    /// How long such a job waits for them first, from when it came, from when another job last gave workers back, and from when
    /// the pool last grew: of short jobs the next one is soon over, and a pool that grew for each of many would be far too large.
    /// One that may wait for nobody waits no time.
    public var busyPatienceNanoseconds: UInt64 = 0
    /// How many times as long it waits at most, whatever happens meanwhile.
    static let busyPatienceLimit: UInt64 = 10
    /// How long a worker above the floor waits for work before it is stopped.
    public var idleNanoseconds: UInt64 = 60_000_000_000
    /// Runtimes of users' libraries that there may be at a time.
    public var runtimeLimit = 16
    /// How long such a runtime is kept that has no worker and no job.
    public var runtimeIdleNanoseconds: UInt64 = 300_000_000_000
    /// How old a runtime of an interpreter may get: all of its workers have the same addresses and hash seeds.
    public var runtimeAgeNanoseconds: UInt64 = 3_600_000_000_000
    /// For how long a runtime that has just been asked for is not given up for another one: its job is on its way.
    static let runtimeGraceNanoseconds: UInt64 = 1_000_000_000
    /// How long a cancelled task may take to notice before its process is killed.
    public var cancelGraceNanoseconds: UInt64 = 1_000_000_000
    /// How long is waited at least until what could not be killed then is tried again.
    static let killAgainNanoseconds: UInt64 = 100_000_000
    /// How long a worker without work may take to leave until its process is killed.
    public var stopGraceNanoseconds: UInt64 = 5_000_000_000
    /// How often in a row workers of a job may fail to come up until the job is given up.
    public var startFailureLimit = 5
    /// How long is waited after the first such failure until the start is tried again; doubled with each further one.
    public var startRetryNanoseconds: UInt64 = 100_000_000
    /// A worker that has been up for longer, and dies at a job of which it has done nothing, has not died of that.
    static let youthNanoseconds: UInt64 = 1_000_000_000
    /// How long is waited at most.
    public var longestStartRetryNanoseconds: UInt64 = 1_000_000_000

    public init(threadFloor: Int, processFloor: Int) {
        self.threadFloor = threadFloor
        self.processFloor = processFloor
    }

    /// How long to wait after so many failures in a row.
    func pause(after failures: Int) -> UInt64 {
        min(startRetryNanoseconds << UInt64(max(0, min(failures - 1, 16))), longestStartRetryNanoseconds)
    }

    /// One worker in so many is root's alone.
    private static let rootPart = 16

    /// The workers that all users but root may have together.
    var sharedWorkers: Int {
        isShared ? max(workerLimit - (workerLimit + Self.rootPart - 1) / Self.rootPart, 1) : workerLimit
    }

    /// How long a client does without idle workers that it has given up, at least.
    var lentNanoseconds: UInt64 { 1_000_000_000 }

    /// Of four workers, three may be clients' leases, which end when their clients want.
    private static let heldShare = (of: 4, parts: 3)

    /// The workers that all leases together may have.
    public var heldWorkers: Int { max(workerLimit * Self.heldShare.parts / Self.heldShare.of, 1) }

    /// Why a job ends that has been let in and wants more workers than there may be since.
    static func lowered(to most: Int) -> String { "the limit on workers is \(most) by now" }

    /// The most workers that one run of a user may ask for: what he may have while nobody else has any.
    public func maximumWorkers(of user: UInt32) -> Int {
        if !isShared || user == UserShares.root { return workerLimit }
        return UserShares(limit: sharedWorkers, isShared: true).allowance(of: user)
    }
}
