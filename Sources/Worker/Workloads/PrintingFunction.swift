public import Ledger

/// Calls a function for each task, as ``NativeFunction`` does, and tells where in its worker's files stands what the task has
/// printed.
public struct PrintingFunction: Workload {
    /// The ends of the two files, as the function has found them last.
    public typealias Ends = () -> (output: UInt64, errors: UInt64)

    private var function: NativeFunction
    private let ends: Ends
    private var last: (output: UInt64, errors: UInt64)

    public init(_ function: NativeFunction, _ ends: @escaping Ends) {
        self.function = function
        self.ends = ends
        last = ends()
    }

    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        defer {
            let now = ends()
            if now != last {
                task.tell(PrintedDetail(from: last, to: now))
                last = now
            }
        }
        return try function.run(task)
    }
}

/// What a task that may print tells beside its record, in the order of its definition's columns.
public struct PrintedDetail: BitwiseCopyable, Sendable, Equatable {
    public var stdoutBytes: Int64
    public var stderrBytes: Int64
    public var stdoutOffset: Int64
    public var stderrOffset: Int64

    init(from start: (output: UInt64, errors: UInt64), to end: (output: UInt64, errors: UInt64)) {
        stdoutBytes = Int64(clamping: end.output - min(start.output, end.output))
        stderrBytes = Int64(clamping: end.errors - min(start.errors, end.errors))
        stdoutOffset = Int64(clamping: start.output)
        stderrOffset = Int64(clamping: start.errors)
    }

    /// No file is larger: a number that is above it was written by a fault, and what it stands for isn't there to be read.
    private static let largestFile: Int64 = 1 << 50

    /// What a task has told; nil where it has told none of this. Foreign code may have written there: whatever it has, the
    /// numbers can be added up.
    public init?(_ numbers: [Int64]) {
        guard numbers.count == MemoryLayout<PrintedDetail>.size / MemoryLayout<Int64>.size else { return nil }
        func bounded(_ number: Int64) -> Int64 { min(max(0, number), Self.largestFile) }
        stdoutBytes = bounded(numbers[0])
        stderrBytes = bounded(numbers[1])
        stdoutOffset = bounded(numbers[2])
        stderrOffset = bounded(numbers[3])
    }

    /// What the task has printed, as places in its worker's two files.
    public var output: CommandDetail.Span { .init(stdoutOffset, stdoutBytes) }
    public var errors: CommandDetail.Span { .init(stderrOffset, stderrBytes) }
}
