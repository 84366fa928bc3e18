public import Ledger
import Linux
public import Scheduling

/// A job as it is handed to the supervisor.
public struct JobSpec: Sendable {
    public var lease: LeaseRequest
    public var tasks: Int
    /// The workload's number and how to read the CPU clock. The rest is filled in.
    public var plan: JobPlan
    public var arguments: ArgumentBlock
    /// What each task is given; nil where all do the same.
    public var inputs: TaskInputs?
    /// How often a task may take a worker down with it before it is lost; nil if it may not be run a second time.
    public var attempts: Int?
    /// How often ``JobEvent/progress`` is told; nil for never.
    public var progressNanoseconds: UInt64?
    /// Where the tasks of a lease come from; nil for a run, which has its own.
    public var stream: StreamMemory?

    public init(
        lease: LeaseRequest, tasks: Int, plan: JobPlan, arguments: ArgumentBlock = ArgumentBlock(),
        inputs: TaskInputs? = nil,
        attempts: Int? = 3,
        progressNanoseconds: UInt64? = nil
    ) {
        self.lease = lease
        self.tasks = tasks
        self.plan = plan
        self.arguments = arguments
        self.inputs = inputs
        self.attempts = attempts
        self.progressNanoseconds = progressNanoseconds
    }
}

/// What becomes of a job, in this order: any number of `progress`, one `finished`, one `ended`.
public enum JobEvent: Sendable {
    case progress(state: JobRow.State, done: Int)
    /// Of a lease: a process of its workers has died, and is replaced.
    case workerLost(LostWorker)
    /// All tasks have their terminal state. ``Supervisor/collected(_:at:)`` is to be called once their results are assembled.
    case finished(FinishedJob)
    /// Its workers are back, or gone.
    case ended(JobRow)
}

/// A worker process that a lease has lost.
public struct LostWorker: Sendable, Equatable {
    public let pid: Int
    /// The first of its seats in the crew.
    public let seat: Int
    /// How it ended, in words.
    public let exit: String
    /// Whether the system had no memory left and killed it.
    public let isOutOfMemory: Bool
    /// Tasks that were lost with it, and that had begun and were handed out again.
    public let lost: Int
    public let reruns: Int
}

/// A task that has ended, as a copy of what the job's memory says of it.
public struct EndedTask: Sendable {
    public let task: Int
    public let record: TaskRecord
    /// What its workload tells of it beside the record, a number for each column.
    public let detail: [Int64]
    /// Why it failed, in words of its own; empty where there are none.
    public let reason: String
    /// What it has handed back, or the text of its failure; nil where the job's tasks hand back nothing.
    public let result: JobBytes?
    /// How the worker ended that it was lost with; nil where that is not known.
    public var exit: String?
}

extension EndedTask {
    init(_ task: Int, _ record: TaskRecord, _ view: JobView, _ memory: JobMemory) {
        let record = view.checked(record)
        let detail = view.details[task]
        self.init(
            task: task, record: record, detail: detail.numbers, reason: detail.reason,
            result: view.result(record).map { JobBytes(bytes: $0, memory: memory) })
    }
}

/// Bytes in a job's memory, which is kept for as long as this is.
public struct JobBytes: @unchecked Sendable {
    // Nobody writes to them any more.
    public let bytes: UnsafeRawBufferPointer
    private let memory: JobMemory

    init(bytes: UnsafeRawBufferPointer, memory: JobMemory) {
        self.bytes = bytes
        self.memory = memory
    }
}

/// A job whose tasks have all ended. Its memory is kept for as long as this is.
public struct FinishedJob: @unchecked Sendable {
    // The records are in shared memory that nobody writes any more, and that is held.
    @usableFromInline let held: UnsafeBufferPointer<TaskRecord>
    private let memory: JobMemory
    @usableFromInline let generation: UInt64
    @usableFromInline let view: JobView
    /// Within which its workers' times are taken, where they may have written anything.
    private let times: ClosedRange<UInt64>?
    /// Whether nothing in a record is to be checked: workers of the project's own, and no results.
    @usableFromInline let isPlain: Bool
    public let row: JobRow
    /// The crew by seat; nil where nobody was there yet, or a worker died and was not replaced in time.
    public let crew: [CrewMember?]
    /// What the start-up of the crew's slowest worker took, from asking for it to its being ready.
    public let startupPaid: Int
    /// When the last of the crew became ready.
    public let readyAt: UInt64
    /// The start of a first task whose record is gone, because it was run again.
    public let firstStart: UInt64?
    /// What the deaths of its workers have cost.
    public let loss: JobLoss
    /// What the zygote of its workers has told of itself; nil where it tells nothing.
    public let report: RuntimeReport?

    init(
        view: JobView, memory: JobMemory, row: JobRow, crew: [CrewMember?], startupPaid: Int, readyAt: UInt64,
        firstStart: UInt64?, loss: JobLoss, report: RuntimeReport? = nil
    ) {
        self.view = view
        held = UnsafeBufferPointer(view.records)
        self.memory = memory
        generation = view.plan.generation
        let now = Monotonic.now()
        times = memory.domain.trust == .own ? nil : min(row.stamps.accepted, now)...now
        isPlain = times == nil && view.heap.count == 0
        self.row = row
        self.crew = crew
        self.startupPaid = startupPaid
        self.readyAt = readyAt
        self.firstStart = firstStart
        self.loss = loss
        self.report = report
    }

    /// Tasks of the job.
    @inlinable public var taskCount: Int { held.count }

    /// One task's record. A task that nobody has begun, which can't be, would have a blank one.
    @inlinable public func record(_ task: Int) -> TaskRecord {
        guard held[task].generation == generation else { return TaskRecord() }
        return isPlain ? held[task] : checked(held[task])
    }

    @usableFromInline func checked(_ record: TaskRecord) -> TaskRecord {
        let record = view.checked(record)
        return times.map { record.bounded(to: $0) } ?? record
    }

    /// What a task has handed back, or the text of its failure; nil where the job's tasks hand back nothing.
    public func result(_ record: TaskRecord) -> UnsafeRawBufferPointer? { view.result(record) }
    /// How many bytes all results may come to; 0 where tasks hand back nothing.
    public var heapBytes: Int { view.heap.count }
    /// How many of these workers have taken for results, of which some may hold nothing.
    public var heapBytesTaken: Int { view.heapBytesTaken }

    /// What the workload tells of a task that has begun beside its record. To be read while this is kept.
    public func detail(_ task: Int) -> TaskDetail { view.details[task] }

    /// What the workers of a lease have done, by seat; nothing for a run.
    public var tallies: [StreamTally.Reading] {
        guard view.plan.stream != nil else { return [] }
        let now = Monotonic.now()
        let times = min(row.stamps.accepted, now)...now
        return (0..<Int(view.plan.crew)).map { view.job.tally($0).reading(within: times) }
    }

    /// A copy of all records, in the order of the tasks.
    public var records: [TaskRecord] { held.indices.map(record) }
    /// A copy of one task's record with what the workload tells beside it.
    public func task(_ task: Int) -> EndedTask {
        var ended = EndedTask(task, record(task), view, memory)
        if !loss.exits.isEmpty { ended.exit = loss.exits[ended.record.pid] }
        return ended
    }
}

/// What it cost a job that workers died at it.
public struct JobLoss: Sendable, Equatable {
    /// Tasks that had begun with a worker that died, and were run again; a task counts each time.
    public var reruns = 0
    /// The time that the dead workers had been at the tasks they left, in nanoseconds.
    public var nanoseconds: UInt64 = 0
    /// Tasks of a lease that were lost, and cancelled.
    public internal(set) var lost = 0
    public internal(set) var cancelled = 0
    /// Why tasks of a lease were lost, as its workers ended, and how many so; of so many reasons as ``reasonLimit`` says.
    public private(set) var reasons: [String: Int] = [:]
    static let reasonLimit = 16
    /// How they ended, by the number of their process; of so many as ``exitLimit`` says.
    public private(set) var exits: [UInt32: String] = [:]
    static let exitLimit = 1024

    /// Where they were as they crashed, likewise, of workers that tell.
    public private(set) var crashes: [UInt32: String] = [:]

    mutating func note(_ exit: String, crash: String?, of pid: UInt32) {
        guard exits.count < Self.exitLimit else { return }
        exits[pid] = exit
        crashes[pid] = crash
    }

    /// Counts tasks of a lease that were lost with a worker that ended so.
    mutating func note(lost tasks: Int, by exit: String) {
        lost += tasks
        if tasks > 0, reasons[exit] != nil || reasons.count < Self.reasonLimit { reasons[exit, default: 0] += tasks }
    }

    mutating func add(_ settlement: Settlement) {
        reruns += settlement.reruns
        nanoseconds &+= settlement.lostNanoseconds
    }
}

/// One worker of a crew.
public struct CrewMember: Sendable, Equatable {
    public let pid: Int
    public let tid: Int
    public let askedAt: UInt64
    public let readyAt: UInt64
    /// When its thread had begun; 0 where that is not told.
    public let begunAt: UInt64
    /// How long it was ready to run in the job and had no processor, in nanoseconds; 0 where nobody has looked.
    public let delayed: UInt64
}
