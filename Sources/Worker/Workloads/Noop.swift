public import Ledger

/// Does nothing.
public struct Noop: Workload {
    public init(_ arguments: JobArguments) {}

    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 { 0 }
}
