public import Ledger
import Linux
import Scheduling
import Synchronization

/// Warm workers of the holder's own, for many small jobs one after the other: no queue, no message, only shared memory.
///
/// One caller at a time may use it. It is over when one of its workers dies, or when its time is up.
public final class Lease: @unchecked Sendable {
    // Used by one caller at a time, as documented; what it shares with the workers is ordered by the slots' doorbells.
    private let supervisor: Supervisor
    private let id: JobID
    private let arena: Arena
    private let job: Job
    private let crew: [CrewSlot]
    private let hold: LeaseHold
    private var rounds: UInt64 = 0
    private var tasks = 0

    /// How long a caller waits awake. It yields its processor all the while, which a worker may need to answer.
    private static let spinNanoseconds: UInt64 = 50_000

    init(supervisor: Supervisor, id: JobID, arena: Arena, job: Job, crew: [CrewSlot], hold: LeaseHold) {
        self.supervisor = supervisor
        self.id = id
        self.arena = arena
        self.job = job
        self.crew = crew
        self.hold = hold
    }

    deinit {
        supervisor.release(id)
    }

    /// The records of the last job, valid until the next one.
    public var records: UnsafeBufferPointer<TaskRecord> {
        UnsafeBufferPointer(start: job.record(0), count: tasks)
    }

    /// Runs a job of at most the lease's number of tasks and waits for its end.
    ///
    /// Throws ``LeaseOver`` once the lease is over, also where that happens meanwhile.
    ///
    /// - Returns: when the workers were told.
    @discardableResult
    public func run(
        workload: UInt32, tasks: Int, arguments: ArgumentBlock = ArgumentBlock(), cpuInterval: UInt64 = 0
    ) throws(LeaseOver) -> UInt64 {
        guard hold.begin() else { throw LeaseOver() }
        var plan = JobPlan(
            job: id, tasks: tasks, workload: workload, crew: crew.count, cpuInterval: cpuInterval, rings: false)
        rounds += 1
        plan.generation = id << 32 | rounds
        self.tasks = tasks
        job.prepare(plan, arguments: arguments)
        job.enlist(crew.count)
        // Workers look at it before they begin: unwritten, it stays in their caches.
        let giver = Processors.current + 1
        if arena.header.giver.pointee.load(ordering: .relaxed) != giver {
            arena.header.giver.pointee.store(giver, ordering: .relaxed)
        }
        let told = Monotonic.now()
        let (wasAsleep, _) = publish(job, to: crew)
        // A worker that was asleep is as a rule woken on this processor, and needs it.
        if wasAsleep { Processors.yield() }
        if !awaitAwake() {
            job.waiting.pointee.store(1, ordering: .sequentiallyConsistent)
            while job.finished.pointee.load(ordering: .sequentiallyConsistent) == 0, !hold.isOver {
                Futex.wait(job.finished, while: 0)
            }
        }
        guard hold.end() else {
            // The supervisor has been waiting for this.
            supervisor.release(id)
            throw LeaseOver()
        }
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

/// A lease's workers are not its holder's any more: one of them has died, or their time was up.
public struct LeaseOver: Error, Sendable, Equatable {}

/// Whether a lease is used at the moment, and whether it still may be: what its holder and the supervisor both look at.
final class LeaseHold: Sendable {
    private static let running: UInt32 = 1
    private static let over: UInt32 = 2

    private let state = Atomic<UInt32>(0)

    var isOver: Bool { state.load(ordering: .sequentiallyConsistent) & Self.over != 0 }

    /// The holder is about to use the workers. False where it may not.
    func begin() -> Bool {
        state.compareExchange(expected: 0, desired: Self.running, ordering: .acquiringAndReleasing).exchanged
    }

    /// The holder has done so. False where the lease has become over meanwhile.
    func end() -> Bool {
        state.bitwiseAnd(~Self.running, ordering: .acquiringAndReleasing).newValue == 0
    }

    /// The lease is over.
    ///
    /// - Returns: whether the holder is using the workers: then nothing of theirs may be used again before it has noticed.
    @discardableResult
    func finish() -> Bool {
        state.bitwiseOr(Self.over, ordering: .acquiringAndReleasing).oldValue & Self.running != 0
    }
}

/// A worker's slot, and its thread as far as it has been found to be the worker's: 0 else.
struct CrewSlot {
    let slot: Slot
    let thread: Int32
}

/// Hands a job to workers: all are told first, then those that sleep are woken, spread over the processors.
///
/// - Parameter staysPut: whether they are woken where they are.
/// - Returns: whether one slept, and the places of those that could not be woken.
@discardableResult
func publish(
    _ job: Job, to crew: [CrewSlot], seats: [Int]? = nil, staysPut: Bool = false
) -> (wasAsleep: Bool, unwoken: [Int]) {
    withUnsafeTemporaryAllocation(of: Bool.self, capacity: crew.count) { asleep in
        for index in crew.indices {
            let seat = UInt32(seats?[index] ?? index)
            asleep.initializeElement(
                at: index, to: crew[index].slot.post(.work, subject: UInt64(job.offset), seat: seat))
        }
        var unwoken: [Int] = []
        for index in crew.indices where asleep[index] {
            let member = crew[index]
            var isWoken = false
            if index == 0 || staysPut || member.thread == 0 {
                isWoken = member.slot.wake()
            } else {
                Processors.wake(thread: member.thread, aside: index) { isWoken = member.slot.wake() }
            }
            if !isWoken { unwoken.append(index) }
        }
        return (crew.indices.contains { asleep[$0] }, unwoken)
    }
}
