import CLinux
import Catalogue
public import Ledger
import Linux

/// Does nothing.
public struct Noop: Workload {
    public init(_ arguments: JobArguments) {}

    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 { 0 }
}

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

/// Adds up the numbers below N, one dependent addition at a time.
public struct CPU: Workload {
    private let iterations: UInt64
    /// Additions between two looks at whether the job is still wanted: about half a millisecond.
    private static let stride: UInt64 = 1 << 20

    public init(_ arguments: JobArguments) {
        iterations = UInt64(arguments.number("iterations"))
    }

    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        var sum: UInt64 = 0
        var from: UInt64 = 0
        while from < iterations {
            if task.isCancelled { throw .cancelled }
            let to = min(from + Self.stride, iterations)
            sum = par_add_range(sum, from, to)
            from = to
        }
        guard sum == Self.sum(below: iterations) else { throw TaskFailure(CPUFailure.compute) }
        return Int64(bitPattern: sum)
    }

    /// The sum by formula, modulo 2⁶⁴.
    static func sum(below count: UInt64) -> UInt64 {
        if count == 0 { return 0 }
        return count.isMultiple(of: 2) ? (count / 2) &* (count - 1) : count &* ((count - 1) / 2)
    }
}
