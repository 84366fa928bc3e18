import Ledger
import Linux
import Synchronization
public import Workloads

/// One worker's part in one job: it claims tasks, does them and stamps their records. Nothing here allocates, locks or
/// sends a message, except the one that tells the daemon of a halt.
public struct TaskLoop {
    private let worker: Worker
    private let support: (any RuntimeSupport.Type)?
    private let job: Job
    private let claims: UInt64
    private let tableOffset: Int
    private let seat: UInt16
    private let logs: Bool
    /// Not 0 where a task is to be noted in the log; nil where each is.
    private var isToNote: UnsafePointer<UInt8>?
    private let mayHalt: Bool
    private var cpu: CPUMeter
    private var batch: UInt64 = 1
    /// Not 0 once no other task is to be begun here; nil where that never comes.
    private var isFull: UnsafePointer<UInt8>?
    /// How many tasks may still be begun here.
    private var left: UInt64 = .max

    /// How long a batch of tiny tasks should take. It bounds how long tasks wait behind a long one in the same batch.
    private static let batchNanoseconds: UInt64 = 20_000

    /// - Parameter support: told of each waiting for a lease's tasks; nil where nobody has to be.
    init(worker: Worker, job: Job, telling support: (any RuntimeSupport.Type)? = nil) {
        self.support = support
        self.worker = worker
        self.job = job
        claims = job.plan.pointee.claims
        tableOffset = Int(job.plan.pointee.tableOffset)
        seat = UInt16(truncatingIfNeeded: worker.slot.seat.pointee)
        logs = job.plan.pointee.logs != 0
        mayHalt = job.plan.pointee.failureLimit != 0
        cpu = CPUMeter(interval: 0)
    }

    /// Has only those tasks be noted after which there is something at `place`, where the job allows that.
    public mutating func notes(where place: UnsafePointer<UInt8>?) {
        if job.plan.pointee.logs == 2 { isToNote = place }
    }

    /// Leaves tasks to others once there is something at `place`, though not those that it has claimed.
    public mutating func leaves(when place: UnsafePointer<UInt8>?) { isFull = place }

    /// Leaves all but `count` tasks to others.
    public mutating func limit(to count: UInt64) { left = count }

    /// The worker's place on the board.
    public var slotOfWorker: Slot { worker.slot }

    /// The worker's number in the job's crew.
    public var seatNumber: Int { Int(seat) }

    /// Does tasks until none is left, or nobody waits for them any more.
    public mutating func run<W: Workload>(_ workload: consuming W) {
        var workload = workload
        // From here on: what the workload has done to get ready is no task's.
        cpu = CPUMeter(interval: job.plan.pointee.cpuInterval)
        if let seat = job.stream { return serve(seat, by: &workload) }
        while !isOver, left > 0, isFull.map({ $0.pointee == 0 }) ?? true {
            batch = min(batch, left)
            let first = job.next.pointee.wrappingAdd(batch, ordering: .relaxed).oldValue
            if first >= claims { return }
            let end = min(first + batch, claims)
            left -= end - first
            let began = Monotonic.now()
            // Within a batch, one reading of the clock is the stop of a task and the start of the next one.
            var start = began
            for claim in first..<end {
                if isOver { return }
                start = perform(task(claim), start: start, by: &workload).stop
            }
            resize(after: start - began, tasks: end - first, left: claims - end)
        }
    }

    /// Does the tasks of a lease as they come, until that is over.
    private mutating func serve<W: Workload>(_ seat: UnsafeMutablePointer<StreamSeat>, by workload: inout W) {
        let hasResults = job.plan.pointee.heapBytes > 0
        var waiter = StreamWaiter(seat, worker, cancelled: job.cancelled, telling: support)
        while !isOver, left > 0, isFull.map({ $0.pointee == 0 }) ?? true {
            batch = min(batch, left)
            let count = seat.pointee.claim(atMost: batch)
            if count == 0 {
                if waiter.isRecalled { return seat.pointee.passOn() }
                // What a worker has had of its processor while it waited is no task's.
                if waiter.wait() { cpu = CPUMeter(interval: job.plan.pointee.cpuInterval) }
                continue
            }
            let began = Monotonic.now()
            var start = began
            for index in 0..<count {
                if isOver { return }
                let task = Int(truncatingIfNeeded: seat.pointee.claimed[index])
                seat.pointee.task = seat.pointee.claimed[index]
                let end = perform(task, start: start, by: &workload)
                let value = job.record(task).pointee.value
                seat.pointee.tally.add(
                    end.status, start: start, stop: end.stop,
                    value: hasResults ? Int64(ResultSpan(value: value).count) : value)
                seat.pointee.noteEnd(seat.pointee.task)
                start = end.stop
            }
            left -= UInt64(count)
            resize(after: start - began, tasks: UInt64(count), left: seat.pointee.backlog)
        }
    }

    /// Does tasks by a user's function. Made here, where the loop is compiled for it.
    public mutating func call(_ function: consuming NativeFunction) {
        run(function)
    }

    /// Does tasks by a function of which somebody wants to know what it prints.
    public mutating func call(_ function: consuming PrintingFunction) {
        run(function)
    }

    /// Whether no task is to be begun any more.
    private var isOver: Bool {
        job.cancelled.pointee.load(ordering: .relaxed) != 0
            || (mayHalt && job.halted.pointee.load(ordering: .relaxed) != 0)
    }

    /// Does one task and returns its stop, and how it ended.
    @inline(__always)
    private mutating func perform<W: Workload>(
        _ task: Int, start: UInt64, by workload: inout W
    ) -> (stop: UInt64, status: TaskRecord.Status) {
        let record = job.record(task)
        let generation = job.generation(of: task)
        let isNew = record.pointee.generation != generation
        // Nobody's until it is whole: this worker may be killed between any two stores.
        if isNew { record.pointee = TaskRecord() }
        record.pointee.start = start
        record.pointee.pid = worker.pid
        record.pointee.tid = worker.tid
        record.pointee.seat = seat
        atomicMemoryFence(ordering: .releasing)
        record.pointee.status = .running
        atomicMemoryFence(ordering: .releasing)
        if isNew { record.pointee.generation = generation }
        let context = TaskContext(task: task, of: job, commands: worker.commands)
        var status = TaskRecord.Status.ok
        do {
            record.pointee.value = try workload.run(context)
        } catch {
            record.pointee.failure = error.bits
            status = error.number == 0 ? .cancelled : .failed
        }
        let stop = Monotonic.now()
        record.pointee.stop = stop
        if let reading = cpu.read(at: stop) {
            record.pointee.cpu = reading.nanoseconds
            record.pointee.cpuTasks = reading.tasks
            if let seat = job.stream { seat.pointee.tally.add(cpu: reading.nanoseconds, tasks: reading.tasks) }
        }
        atomicMemoryFence(ordering: .releasing)
        record.pointee.status = status
        if logs, isToNote.map({ $0.pointee != 0 }) ?? true { job.note(ended: task) }
        if mayHalt, status == .failed, job.countFailure(), job.plan.pointee.haltsNow != 0 {
            worker.arena.tellNews(worker.event)
        }
        let done = worker.slot.done
        done.pointee.store(done.pointee.load(ordering: .relaxed) + 1, ordering: .relaxed)
        return (stop, status)
    }

    /// Takes as many tasks at once as the ones just done say are tiny, and no more than leave the others their part.
    private mutating func resize(after nanoseconds: UInt64, tasks: UInt64, left: UInt64) {
        let mean = max(1, nanoseconds / tasks)
        let share = left / (2 * UInt64(max(1, job.plan.pointee.crew)))
        batch = max(1, min(Self.batchNanoseconds / mean, share))
    }

    private func task(_ claim: UInt64) -> Int {
        if tableOffset == 0 { return Int(claim) }
        return Int(worker.arena.table(at: tableOffset)[Int(claim)])
    }
}

/// Reads a worker's CPU clock, which costs as much as ten tiny tasks, no more often than an interval.
struct CPUMeter {
    private let interval: UInt64
    private var readAt: UInt64 = 0
    private var reading: UInt64 = 0
    private var tasks: UInt32 = 0

    init(interval: UInt64) {
        self.interval = interval
        if interval > 0 {
            reading = ThreadCPU.now()
            readAt = Monotonic.now()
        }
    }

    /// Counts a task that stopped at `now`.
    ///
    /// - Returns: the processor time since the last reading and how many tasks share it, if the interval is over.
    @inline(__always)
    mutating func read(at now: UInt64) -> (nanoseconds: UInt64, tasks: UInt32)? {
        if interval == 0 { return nil }
        tasks &+= 1
        if now &- readAt < interval { return nil }
        let before = reading
        let count = tasks
        reading = ThreadCPU.now()
        readAt = now
        tasks = 0
        return (reading &- before, count)
    }
}
