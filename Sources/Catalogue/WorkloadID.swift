/// The number by which a job names its workload in shared memory.
public enum WorkloadID: UInt32, Sendable, CaseIterable {
    case noop = 0
    case sleep = 1
    case cpu = 2
    case io = 3
    case dot = 4
    case exec = 5
    case download = 6
    case api = 7

    public var name: String { String(describing: self) }
}
