import Catalogue
import Control

/// What one job may take, and all together; nothing until the settings have said so.
public struct JobLimits: Sendable, Equatable {
    /// Tasks in a job.
    public var tasks = 0
    /// Jobs that wait for workers.
    public var queuedJobs = 0
    /// Shared memory for the records of all jobs, in bytes.
    public var ledgerBytes = 0
    /// What a job has of it that doesn't say how much it needs, in bytes: others find room beside it.
    var unaskedBytes: Int { ledgerBytes / 4 }
    /// How many tasks the host can really run at a time: a run that names no number has as many workers.
    public var cores = Int.max
    /// Memory that a job's tasks can't have more of, in bytes.
    public var memoryBytes = Int.max
    /// Memory that each process with a user's library may take for itself, in bytes.
    public var runtimeBytes = Int.max
    /// By how much an interpreter's worker process may grow until another takes its place after a task.
    public var growthBytes = Int.max
    /// Whether callers may choose where files are written.
    public var allowsDirectories = false
    /// Whether callers may have commands run.
    public var allowsCommands = false
    /// Whether jobs may send requests to servers (download, api).
    public var allowsAddresses = false
    /// The largest value of a workload's option, in bytes, nanoseconds or ones.
    public var bounds: [Bound: Int] = [:]
    /// How long a cancelled task may go on until its worker is killed.
    public var cancelGraceNanoseconds: UInt64 = 0
    /// Shared memory that jobs which have ended may keep for clients who read their records. Beyond, clients who don't read
    /// lose their connections sooner.
    public var unreadRecordBytes = 64 << 20
    /// How often progress is told, in nanoseconds.
    public let progressNanoseconds: UInt64 = 200_000_000

    /// Throws for what callers may not have done.
    func check(_ permission: Definition.Permission) throws(ControlError) {
        let isAllowed =
            switch permission {
            case .commands: allowsCommands
            case .addresses: allowsAddresses
            case .directories: allowsDirectories
            }
        guard !isAllowed else { return }
        throw .notPermitted(
            action: permission.action, needs: "\(permission.setting) in the daemon's configuration")
    }

    /// A workload's option.
    public struct Bound: Sendable, Hashable {
        let workload: String
        let option: String
    }

    public init() {}
}
