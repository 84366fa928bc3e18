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
    case native = 8

    /// As typed. Spelled out, as asking the runtime for a case's name is slow at first.
    public var name: String {
        switch self {
        case .noop: "noop"
        case .sleep: "sleep"
        case .cpu: "cpu"
        case .io: "io"
        case .dot: "dot"
        case .exec: "exec"
        case .download: "download"
        case .api: "api"
        case .native: "native"
        }
    }
}
