public import Ledger
import Linux

/// Waits.
public struct Sleep: Workload {
    private let nanoseconds: UInt64

    public init(_ arguments: JobArguments) {
        nanoseconds = UInt64(arguments.number("for"))
    }

    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        try task.sleep(until: Monotonic.now() + nanoseconds)
        return 0
    }
}
