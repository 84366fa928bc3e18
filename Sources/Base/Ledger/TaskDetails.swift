/// What a workload tells of a job's tasks beside their records, by task; of no bytes where it tells nothing.
public struct TaskDetails: @unchecked Sendable {
    // Shared memory that nobody writes any more once its task has ended.
    private let base: UnsafeRawPointer
    private let byteCount: Int
    private let columns: Int

    init(base: UnsafeRawPointer, byteCount: Int, columns: Int) {
        self.base = base
        self.byteCount = byteCount
        self.columns = columns
    }

    public subscript(task: Int) -> TaskDetail {
        TaskDetail(UnsafeRawBufferPointer(start: base + task * byteCount, count: byteCount), columns: columns)
    }
}

/// What a workload tells of one task, where it stands in the job's memory: a number for each column, then, in some
/// workloads, words for why it failed, which begin with their length.
///
/// What the numbers mean, the workload's definition says. They may be anything, as workers write them.
public struct TaskDetail {
    private let bytes: UnsafeRawBufferPointer
    public let columns: Int

    public static let columnBytes = MemoryLayout<Int64>.size

    init(_ bytes: UnsafeRawBufferPointer, columns: Int) {
        self.bytes = bytes
        self.columns = min(columns, bytes.count / Self.columnBytes)
    }

    /// The bytes of a detail of so many columns, with so much room for words.
    public static func byteCount(columns: Int, reasonBytes: Int) -> Int {
        columns * columnBytes + (reasonBytes > 0 ? columnBytes + (reasonBytes + 7) / 8 * 8 : 0)
    }

    /// A column's number; 0 where there is no such column.
    public subscript(column: Int) -> Int64 {
        guard (0..<columns).contains(column) else { return 0 }
        return bytes.loadUnaligned(fromByteOffset: column * Self.columnBytes, as: Int64.self)
    }

    /// A copy of all columns.
    public var numbers: [Int64] { (0..<columns).map { self[$0] } }

    /// Why the task failed, in words of its own; empty where there are none.
    public var reason: String {
        let start = (columns + 1) * Self.columnBytes
        guard bytes.count > start else { return "" }
        let count = bytes.loadUnaligned(fromByteOffset: start - Self.columnBytes, as: UInt64.self)
        let words = bytes[start...].prefix(Int(min(count, UInt64(bytes.count - start))))
        return String(decoding: words, as: UTF8.self)
    }
}
