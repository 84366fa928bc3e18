/// The pools and jobs at one moment, for people to look at.
public struct Snapshot: Sendable {
    public let machine: PoolMachine
    /// Process numbers by pool.
    public let pids: [PoolKind: [Int]]
    /// Tasks done so far, by job.
    public let done: [JobID: Int]
    public let zygotePID: Int
    public let zygoteRestarts: Int
}
