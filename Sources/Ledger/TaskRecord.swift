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
