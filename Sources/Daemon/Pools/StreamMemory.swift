import CStream
import Glibc
public import Ledger
public import Linux
import Synchronization

/// A lease's stream as the daemon sees it: a memory file of the lease's own, and the bell by which its client is rung.
///
/// Client and workers may write anything there. Sizes and places come from the shape that this side has chosen, what is read is
/// copied before it is looked at, and whatever is written harms nobody but them.
public final class StreamMemory: @unchecked Sendable {
    // What is in the memory is shared with other processes anyway; the rest never changes but for the client's end of the
    // bell, which is handed over once.
    private let memory: SharedMemory
    public let shape: StreamShape
    public let seats: Int
    private let stream: UnsafeMutablePointer<par_stream>
    private let ringing: Descriptor
    private let hearing: Mutex<Int32?>

    /// Makes a stream for so many workers.
    ///
    /// - Parameter hasResults: whether tasks hand back bytes.
    public init(_ shape: StreamShape, seats: Int, hasResults: Bool) throws(SystemError) {
        self.shape = shape
        self.seats = seats
        let raw = shape.raw(seats: seats)
        memory = try SharedMemory(
            named: "par-lease", byteCount: shape.byteCount(seats: seats), isGivenBackApart: true)
        let bell = try SocketBell.pair()
        ringing = Descriptor(owning: bell.ringing)
        hearing = Mutex(bell.hearing)
        stream = .allocate(capacity: 1)
        stream.initialize(to: par_stream_at(memory.base, raw))
        let head = memory.base.assumingMemoryBound(to: par_stream_head.self)
        head.pointee.magic = PAR_STREAM_MAGIC
        head.pointee.shape = raw
        head.pointee.has_results = hasResults ? 1 : 0
    }

    deinit {
        stream.deallocate()
        if let left = hearing.withLock({ $0 }) { close(left) }
    }

    public var byteCount: Int { memory.byteCount }

    /// What workers are given: the memory file, and the end by which the client is rung. They stay this object's.
    var workerFiles: [Int32] { [memory.descriptor, ringing.raw] }

    /// What the client is given, once: the memory file, and its end of the bell. Whoever takes them closes them.
    public func clientFiles() throws(SystemError) -> [Int32] {
        let raw = memory.descriptor
        let copy = try system("fcntl(F_DUPFD_CLOEXEC)") { fcntl(raw, F_DUPFD_CLOEXEC, 3) }
        guard let bell = hearing.withLock({ $0.take() }) else { return [copy] }
        return [copy, bell]
    }

    /// Has all workers look again.
    func wakeWorkers() {
        for seat in 0..<UInt32(seats) {
            if let bell = par_stream_ring_seat(stream, seat) { Futex.wake(raw: bell, atMost: .max) }
        }
        if let freed = par_stream_freed(stream) { Futex.wake(raw: freed, atMost: .max) }
    }

    /// Has one worker look again.
    func wakeWorker(at seat: Int) {
        guard (0..<seats).contains(seat) else { return }
        if let bell = par_stream_ring_seat(stream, UInt32(seat)) { Futex.wake(raw: bell, atMost: .max) }
    }

    /// Has the client look again, whatever it waits for.
    func wakeClient() {
        _ = par_stream_unpark(stream)
        SocketBell.ring(ringing.raw)
    }

    /// Gives the tasks that a dead process had claimed a terminal state, or has them claimed again.
    ///
    /// - Parameters:
    ///   - gone: the seats that it had.
    ///   - attempts: how many workers may die of a task until it is lost.
    ///   - failure: what the records of lost tasks say of its end.
    func settle(deathOf pid: UInt32, seats gone: [Int], attempts: Int, failure: TaskFailure, at now: UInt64)
        -> Settlement
    {
        for seat in gone where (0..<seats).contains(seat) { par_stream_leave_seat(stream, UInt32(seat)) }
        let settled = par_stream_settle_death(stream, pid, UInt32(clamping: attempts), failure.bits, now)
        var settlement = Settlement()
        settlement.lost = Int(settled.lost)
        settlement.reruns = Int(settled.rerun)
        settlement.lostNanoseconds = settled.nanoseconds
        settlement.firstStart = settled.first_start == 0 ? nil : settled.first_start
        // It may have been woken for a task that it had not claimed yet.
        wakeWorkers()
        wakeClient()
        return settlement
    }

    /// Whether a process has begun a task that has not ended.
    func isAtTask(_ pid: UInt32) -> Bool { par_stream_is_at_task(stream, pid) != 0 }

    /// No worker is there any more, and none will be: cancels what has not ended.
    ///
    /// - Returns: how many tasks that were.
    func settleAll(at now: UInt64) -> Int {
        let count = Int(par_stream_settle_all(stream, now))
        wakeClient()
        return count
    }
}

/// How a task of a lease was lost, as its record says it: the failure's number, and a code beside it.
public enum LossKind: UInt16, Sendable {
    /// The worker was killed by the signal of this number.
    case signal = 1
    /// The worker ended with this code.
    case exit = 2
    /// The system had no memory left and killed the worker.
    case outOfMemory = 3
    /// How the worker ended can't be told.
    case unknown = 4
}

extension TaskFailure {
    init(_ exit: Exit?, isOutOfMemory: Bool) {
        switch exit {
        case .signal(let number):
            self.init(number: (isOutOfMemory ? LossKind.outOfMemory : .signal).rawValue, code: number)
        case .code(let code): self.init(number: LossKind.exit.rawValue, code: code)
        case nil: self.init(number: LossKind.unknown.rawValue, code: 0)
        }
    }
}
