import Catalogue
import Glibc
import Ledger
import Linux
import Synchronization

/// Sees to it that no call of a user's function takes longer than it may, on one worker and for one job.
///
/// A call that has had its time is told so, in memory. One that hasn't ended a while later can't be ended but with its
/// process: its task's record gets its last state, so that nobody runs it again, and the process is killed. A thread does this,
/// as the worker's own is in the function, which may do anything with signals.
final class CallWatch: @unchecked Sendable {
    // The words below are atomics at an address that stays, as C and the kernel need it; `number` is the worker's alone.
    private let memory: UnsafeMutableRawPointer
    private let job: Job
    private let limit: UInt64
    private let grace: UInt64
    private var number: UInt64 = 0
    private var thread: SystemThread?

    private static let byteCount = 32
    /// In `call`: the call has had its time; its process is about to be killed.
    private static let expired: UInt64 = 1
    private static let ending: UInt64 = 2
    /// The thread looks no more often.
    private static let leastNanoseconds: UInt64 = 50_000

    /// - Parameters:
    ///   - limit: nanoseconds that a call may take.
    ///   - grace: nanoseconds from then on until its process is killed.
    init(limit: UInt64, grace: UInt64, of job: Job) throws(SystemError) {
        memory = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 8)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount)
        self.job = job
        self.limit = limit
        self.grace = grace
        thread = try SystemThread(named: "par-watch") { [self] in watch() }
    }

    deinit {
        memory.deallocate()
    }

    /// Ends the thread, which keeps this object until then.
    func finish() {
        isOver.pointee.store(1, ordering: .releasing)
        Futex.wake(isOver)
        thread.take()?.join()
    }

    /// Not 0 once the call at hand has had its time: the lower half of `call`.
    var flag: UnsafePointer<UInt32> { UnsafePointer(memory.assumingMemoryBound(to: UInt32.self)) }

    /// The call at hand by its number, in the upper half, and how it is; 0 where there is none.
    private var call: UnsafeMutablePointer<Atomic<UInt64>> { word(0) }
    private var began: UnsafeMutablePointer<Atomic<UInt64>> { word(8) }
    private var task: UnsafeMutablePointer<Atomic<UInt64>> { word(16) }
    private var isOver: Futex.Word { (memory + 24).assumingMemoryBound(to: Atomic<UInt32>.self) }

    private func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (memory + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    // MARK: The worker's thread

    /// A call begins.
    func begin(_ task: Int) {
        began.pointee.store(Monotonic.now(), ordering: .relaxed)
        self.task.pointee.store(UInt64(task), ordering: .relaxed)
        // From 1 to what 31 bits hold: never 0.
        number = number % 0x7fff_ffff + 1
        call.pointee.store(number << 32, ordering: .releasing)
    }

    /// The call is over.
    ///
    /// - Returns: whether it has had its time. Doesn't return where that was so long ago that the process ends for it.
    func end() -> Bool {
        let last = call.pointee.exchange(0, ordering: .acquiringAndReleasing)
        while last & Self.ending != 0 { pause() }
        return last & Self.expired != 0
    }

    // MARK: The other thread

    private func watch() {
        while isOver.pointee.load(ordering: .acquiring) == 0 {
            let rest = look(Monotonic.now())
            Futex.wait(isOver, while: 0, atMost: max(rest, Self.leastNanoseconds))
        }
    }

    /// Does what it is time for.
    ///
    /// - Returns: nanoseconds until it may be time for something else.
    private func look(_ now: UInt64) -> UInt64 {
        let seen = call.pointee.load(ordering: .acquiring)
        let isExpired = seen & Self.expired != 0
        let due = began.pointee.load(ordering: .relaxed) &+ limit &+ (isExpired ? grace : 0)
        let task = Int(task.pointee.load(ordering: .relaxed))
        // None, or another one since: that one began after `now`.
        guard seen != 0, call.pointee.load(ordering: .acquiring) == seen else { return limit }
        if now < due { return min(due - now, limit) }
        let (isSame, _) = call.pointee.compareExchange(
            expected: seen, desired: seen | (isExpired ? Self.ending : Self.expired), ordering: .acquiringAndReleasing)
        if isSame, isExpired { endProcess(task, now) }
        return min(grace, limit)
    }

    private func endProcess(_ task: Int, _ now: UInt64) {
        job.giveUp(task, TaskFailure(NativeFailure.timeout, code: 0), at: now)
        kill(getpid(), SIGKILL)
    }
}
