/// One task's row in the ledger: 64 bytes, one cache line. Times are ``Monotonic`` nanoseconds.
///
/// The worker that claimed the task writes it; the control side writes it only when no worker is at the job.
public struct TaskRecord: Sendable {
    public static let byteCount = 64

    public var start: UInt64 = 0
    public var stop: UInt64 = 0
    /// Processor time since the worker's reading before, which `cpuTasks` tasks share; 0 without a reading.
    public var cpu: UInt64 = 0
    /// What the task returned.
    public var value: Int64 = 0
    public var pid: UInt32 = 0
    public var tid: UInt32 = 0
    /// How many tasks, this one and those before it on the same worker, `cpu` speaks for.
    public var cpuTasks: UInt32 = 0
    /// Why it failed, see ``TaskFailure/bits``.
    public var failure: UInt32 = 0
    /// The worker's number in the crew.
    public var seat: UInt16 = 0
    /// How many workers have died of it, or with it.
    public var deaths: UInt8 = 0
    @usableFromInline var state: UInt8 = 0
    /// The plan's ``JobPlan/generation`` of the job that wrote the record. Memory is used again as it is, so a record of
    /// another generation is one of a task that has not begun.
    public var generation: UInt64 = 0

    /// Where a task is. It leaves `pending` and `running` once, for one of the others.
    public enum Status: UInt8, Sendable {
        case pending = 0
        case running
        case ok
        case failed
        /// Its worker died and it is not run again.
        case lost
        case cancelled

        public var isTerminal: Bool { rawValue >= Status.ok.rawValue }
    }

    /// The record of a task that has not begun.
    @inlinable public init(generation: UInt64 = 0, deaths: UInt8 = 0) {
        self.generation = generation
        self.deaths = deaths
    }

    /// The record as it can be true, where its worker may have written anything: with all of its times in `times`, and a
    /// stop that is not before the start.
    public func bounded(to times: ClosedRange<UInt64>) -> TaskRecord {
        var own = self
        own.start = start == 0 ? 0 : min(max(start, times.lowerBound), times.upperBound)
        own.stop = start == 0 ? 0 : min(max(stop, own.start), times.upperBound)
        own.cpu = min(cpu, times.upperBound - times.lowerBound)
        return own
    }

    /// Counts one more worker, up to what fits.
    mutating func countDeath() {
        if deaths < .max { deaths += 1 }
    }

    /// A value that no worker writes reads as lost.
    @inlinable public var status: Status {
        get { Status(rawValue: state) ?? .lost }
        set { state = newValue.rawValue }
    }
}

/// Why a task failed, in 32 bits: a kind from its workload's own table, and a code.
public struct TaskFailure: Error, Sendable, Equatable, Hashable {
    /// The kind's number in the table; 0 for a task that ended early because nobody waits for it any more.
    public let number: UInt16
    /// What the kind says that it is: as a rule the system's error.
    public let code: Int32

    /// A task that ends early because nobody waits for it any more.
    public static let cancelled = TaskFailure(number: 0, code: 0)

    /// A task whose record can't be right. It is in no workload's table: the daemon finds it.
    public static let damaged = TaskFailure(number: .max, code: 0)

    /// - Parameter code: from 0 to 65535; of any other the lower 16 bits are kept.
    public init(number: UInt16, code: Int32) {
        self.number = number
        self.code = code & 0xffff
    }

    /// The failure that a record holds as `bits`.
    public init(bits: UInt32) {
        self.init(number: UInt16(truncatingIfNeeded: bits >> 16), code: Int32(bits & 0xffff))
    }

    /// As a record holds it.
    public var bits: UInt32 { UInt32(number) << 16 | UInt32(code) }
}

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
