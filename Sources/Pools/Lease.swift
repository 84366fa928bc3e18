public import Ledger
import Linux
import Synchronization

/// Warm workers of the holder's own, for many small jobs one after the other: no queue, no message, only shared memory.
///
/// One caller at a time may use it.
public final class Lease: @unchecked Sendable {
    // Used by one caller at a time, as documented; what it shares with the workers is ordered by the slots' doorbells.
    private let supervisor: Supervisor
    private let id: JobID
    private let job: Job
    private let slots: [Slot]
    private var rounds: UInt64 = 0

    /// How long a caller waits awake. It yields its processor all the while, which a worker may need to answer.
    private static let spinNanoseconds: UInt64 = 50_000

    init(supervisor: Supervisor, id: JobID, job: Job, slots: [Slot]) {
        self.supervisor = supervisor
        self.id = id
        self.job = job
        self.slots = slots
    }

    deinit {
        supervisor.release(id)
    }

    /// The records of the last job, valid until the next one.
    public var records: UnsafeBufferPointer<TaskRecord> { UnsafeBufferPointer(job.records) }

    /// Runs a job of at most the lease's number of tasks and waits for its end.
    ///
    /// - Returns: when the workers were told.
    @discardableResult
    public func run(
        workload: UInt32, tasks: Int, number: Int64 = 0, cpuInterval: UInt64 = 0
    ) -> UInt64 {
        var plan = JobPlan(
            job: id, tasks: tasks, workload: workload, crew: slots.count, cpuInterval: cpuInterval, rings: false)
        plan.numbers[0] = number
        rounds += 1
        plan.generation = id << 32 | rounds
        job.prepare(plan)
        job.enlist(slots.count)
        supervisor.arena.header.giver.pointee.store(Processors.current + 1, ordering: .relaxed)
        let told = Monotonic.now()
        let wasAsleep = publish(job, to: slots)
        // A worker that was asleep is as a rule woken on this processor, and needs it.
        if wasAsleep { Processors.yield() }
        if awaitAwake() { return told }
        job.waiting.pointee.store(1, ordering: .sequentiallyConsistent)
        while job.finished.pointee.load(ordering: .sequentiallyConsistent) == 0 { Futex.wait(job.finished, while: 0) }
        return told
    }

    /// Whether the job has ended while this thread was awake.
    private func awaitAwake() -> Bool {
        let end = Monotonic.now() + Self.spinNanoseconds
        repeat {
            for _ in 0..<64 {
                if job.finished.pointee.load(ordering: .acquiring) != 0 { return true }
                relax()
            }
            Processors.yield()
        } while Monotonic.now() < end
        return false
    }
}

/// Hands a job to workers: all are told first, then those that sleep are woken, spread over the processors.
///
/// - Returns: whether one slept.
@discardableResult
func publish(_ job: Job, to slots: [Slot], seats: [Int]? = nil) -> Bool {
    withUnsafeTemporaryAllocation(of: Bool.self, capacity: slots.count) { asleep in
        for index in slots.indices {
            let seat = UInt32(seats?[index] ?? index)
            asleep.initializeElement(at: index, to: slots[index].post(.work, subject: UInt64(job.offset), seat: seat))
        }
        let staysPut = job.plan.pointee.staysPut != 0
        for index in slots.indices where asleep[index] {
            if index == 0 || staysPut {
                slots[index].wake()
            } else {
                let tid = Int32(bitPattern: slots[index].tid.pointee)
                Processors.wake(thread: tid, aside: index) { slots[index].wake() }
            }
        }
        return slots.indices.contains { asleep[$0] }
    }
}
