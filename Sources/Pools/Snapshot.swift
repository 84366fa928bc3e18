public import Catalogue

/// The pools and jobs at one moment, for people to look at.
public struct Snapshot: Sendable {
    public let machine: PoolMachine
    /// Process numbers by pool.
    public let pids: [PoolKind: [Int]]
    /// Tasks done so far, by job.
    public let done: [JobID: Int]
    /// The zygotes that have been needed, by the library of their workers; 0 while one is being started.
    public let zygotePIDs: [Library: Int]
    /// Why there is no zygote and won't be soon, by library; empty where all is well.
    public let broken: [Library: String]

    /// Why no workers of some kind can be started; nil where all can.
    public var brokenReason: String? {
        broken.isEmpty ? nil : broken.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value).joined(separator: "; ")
    }

    /// The zygote of workers without a library; 0 while it is being started.
    public var zygotePID: Int { zygotePIDs[.none] ?? 0 }
}
