import Linux
public import Synchronization

/// One worker's place on the board: how it gets its orders and says that it is done.
///
/// One side gives orders, one worker takes them, in turn. An order is written first, then the doorbell is rung, which gives
/// it its number; a worker that has carried it out stores the number in `finished`. A few orders may wait, and be taken back
/// as long as they do. No lock is held at any time, so a worker may die anywhere.
///
/// ```
/// 0     doorbell …     by the side that gives orders
/// 64    parked …       by the worker
/// 128   subject, seat  by the worker, of the order at hand
/// 192   orders         four, used in turn: what, seat, subject, when it was taken and done
/// ```
public struct Slot {
    public static let byteCount = 320
    /// Orders that may be there, the one at hand among them.
    public static let orderLimit = 4
    /// No slot, where a link leads nowhere.
    public static let none = UInt32.max
    /// See ``parked``.
    public static let idleAtLease: UInt32 = 2

    @usableFromInline let base: UnsafeMutableRawPointer

    @usableFromInline init(base: UnsafeMutableRawPointer) {
        self.base = base
    }

    // Written by the side that gives orders.

    /// Rung by counting up, and slept on.
    @inlinable public var doorbell: UnsafeMutablePointer<Atomic<UInt32>> { place(0) }
    /// The next slot of a chain, or ``none``.
    @inlinable public var link: UnsafeMutablePointer<UInt32> { place(20) }
    /// When the worker was asked for.
    @inlinable public var askedAt: UnsafeMutablePointer<UInt64> { place(24) }

    /// 1 once a lease's worker is to leave when it has no task at hand: others wait for it.
    public var recalled: UnsafeMutablePointer<Atomic<UInt32>> { place(32) }

    // Written by the worker.

    /// 1 while the worker sleeps on the doorbell, or is about to; ``idleAtLease`` while it sleeps until its lease has a task.
    @inlinable public var parked: UnsafeMutablePointer<Atomic<UInt32>> { place(64) }
    /// The doorbell's number at the last order carried out.
    @inlinable public var finished: UnsafeMutablePointer<Atomic<UInt32>> { place(68) }
    /// Tasks done in the job at hand.
    @inlinable public var done: UnsafeMutablePointer<Atomic<UInt64>> { place(72) }
    /// When the worker could take its first order; 0 before.
    @inlinable public var readyAt: UnsafeMutablePointer<Atomic<UInt64>> { place(80) }
    /// Whose slot it is: the ticket that it was offered with, times 2^32, plus the pid of the process that has taken it.
    private var claim: UnsafeMutablePointer<Atomic<UInt64>> { place(88) }
    /// When the worker had left; 0 before.
    @inlinable public var goneAt: UnsafeMutablePointer<Atomic<UInt64>> { place(96) }
    /// The command that the worker's task runs as, by the number in its mark, to be ended if the worker dies; 0 for none.
    @inlinable public var command: UnsafeMutablePointer<UInt32> { place(104) }
    @inlinable public var tid: UnsafeMutablePointer<UInt32> { place(108) }
    /// When the worker's thread had begun; 0 before.
    @inlinable public var begunAt: UnsafeMutablePointer<UInt64> { place(112) }
    /// How long the worker has been ready to run in the job at hand and had no processor, in nanoseconds; 0 where nobody looks.
    @inlinable public var delayed: UnsafeMutablePointer<UInt64> { place(120) }

    /// What the order at hand is about: the job's offset in the arena, or the first slot of a chain.
    @inlinable public var subject: UnsafeMutablePointer<UInt64> { place(128) }
    /// The worker's number in the job's crew.
    @inlinable public var seat: UnsafeMutablePointer<UInt32> { place(136) }

    // One order. Whoever exchanges what it says for 0 has it: the worker, or who takes it back.

    @inlinable package func order(_ number: UInt32) -> UnsafeMutablePointer<Atomic<UInt32>> { place(number, 0) }
    @inlinable func seat(_ number: UInt32) -> UnsafeMutablePointer<UInt32> { place(number, 4) }
    @inlinable func subject(_ number: UInt32) -> UnsafeMutablePointer<UInt64> { place(number, 8) }
    /// When the worker took it, and when it had carried it out; 0 before.
    @inlinable func takenAt(_ number: UInt32) -> UnsafeMutablePointer<UInt64> { place(number, 16) }
    @inlinable func doneAt(_ number: UInt32) -> UnsafeMutablePointer<UInt64> { place(number, 24) }

    @inlinable func place<Value: ~Copyable>(_ order: UInt32, _ offset: Int) -> UnsafeMutablePointer<Value> {
        place(192 + Int(order) % Self.orderLimit * 32 + offset)
    }

    /// What a worker can be told.
    public enum Order: UInt32, Sendable {
        /// Work on the job at `subject`.
        case work = 1
        /// Start a thread for each slot of the chain that begins at `subject`.
        case startThreads = 2
        /// Have the threads of the chain leave, and wait until they have.
        case stopThreads = 3
        /// Leave.
        case leave = 4
    }

    /// Puts the slot back to where no worker has ever been.
    public func reset() {
        (base + 4).initializeMemory(as: UInt8.self, repeating: 0, count: 32)
        (base + 64).initializeMemory(as: UInt8.self, repeating: 0, count: Self.byteCount - 64)
        doorbell.pointee.store(0, ordering: .releasing)
        link.pointee = Self.none
    }

    // MARK: Whose it is

    /// Offers the slot, which nobody has, to the process that is about to be forked with this ticket. No other is given
    /// the same ticket, so that a process that comes late can't take what has been offered to another since.
    public func offer(ticket: UInt32) {
        claim.pointee.store(UInt64(ticket) << 32, ordering: .releasing)
    }

    /// Takes the slot for the process `pid`.
    ///
    /// - Returns: false where it isn't offered with this ticket any more.
    public func take(ticket: UInt32, pid: Int32) -> Bool {
        let offer = UInt64(ticket) << 32
        return claim.pointee.compareExchange(
            expected: offer, desired: offer | UInt64(UInt32(bitPattern: pid)), ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Takes the offer back.
    ///
    /// - Returns: the process that had taken the slot before; nil where none has, and none will.
    public func withdraw(ticket: UInt32) -> Int32? {
        let offer = UInt64(ticket) << 32
        let (isFree, found) = claim.pointee.compareExchange(
            expected: offer, desired: 0, ordering: .acquiringAndReleasing)
        if isFree || found >> 32 != UInt64(ticket) { return nil }
        return Int32(bitPattern: UInt32(truncatingIfNeeded: found))
    }

    /// Whether another order may be given.
    public var hasRoom: Bool {
        let given = doorbell.pointee.load(ordering: .relaxed) &- finished.pointee.load(ordering: .acquiring)
        return given < UInt32(Self.orderLimit)
    }

    /// The number of the last order that was given.
    public var lastNumber: UInt32 { doorbell.pointee.load(ordering: .relaxed) }

    /// Gives an order, where there is room. It is ``lastNumber`` then.
    ///
    /// - Returns: whether the worker sleeps, so that ``wake()`` must follow.
    @inlinable public func post(_ order: Order, subject: UInt64, seat: UInt32 = 0) -> Bool {
        let number = doorbell.pointee.load(ordering: .relaxed) &+ 1
        self.subject(number).pointee = subject
        self.seat(number).pointee = seat
        takenAt(number).pointee = 0
        doneAt(number).pointee = 0
        self.order(number).pointee.store(order.rawValue, ordering: .relaxed)
        // Sequentially consistent against the worker's store to `parked` and load of the doorbell: one of the two sides
        // sees what the other wrote.
        doorbell.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        return parked.pointee.load(ordering: .sequentiallyConsistent) != 0
    }

    /// Takes an order back.
    ///
    /// - Returns: false where the worker has taken it: then it has carried out all that came before.
    public func takeBack(_ number: UInt32) -> Bool {
        order(number).pointee.exchange(0, ordering: .sequentiallyConsistent) != 0
    }

    /// Whether the worker has taken the order of this number, or it was taken back.
    public func hasTaken(_ number: UInt32) -> Bool { order(number).pointee.load(ordering: .acquiring) == 0 }

    /// The worker takes the order of this number, which has been given.
    ///
    /// - Returns: nil where it was taken back.
    public func take(_ number: UInt32) -> Order? {
        let given = order(number).pointee.exchange(0, ordering: .sequentiallyConsistent)
        if given == 0 { return nil }
        subject.pointee = subject(number).pointee
        seat.pointee = seat(number).pointee
        takenAt(number).pointee = Monotonic.now()
        return Order(rawValue: given) ?? .leave
    }

    /// The worker has carried out the order of this number, and all before.
    ///
    /// Sequentially consistent, as whoever waits for it may look at this first and then sleep, see `Worker.leave`.
    public func finish(_ number: UInt32) {
        doneAt(number).pointee = Monotonic.now()
        finished.pointee.store(number, ordering: .sequentiallyConsistent)
    }

    /// Whether the worker has carried out the order of this number, and all that it wrote before is visible.
    public func hasFinished(_ number: UInt32) -> Bool {
        Int32(bitPattern: finished.pointee.load(ordering: .sequentiallyConsistent) &- number) >= 0
    }

    /// When the worker was at an order that it has finished, as it says. It holds until as many others have been given as
    /// there may be.
    public func times(of number: UInt32) -> (taken: UInt64, done: UInt64) {
        (takenAt(number).pointee, doneAt(number).pointee)
    }

    /// Wakes the worker that sleeps on the doorbell.
    ///
    /// - Returns: false where the kernel would not.
    @discardableResult
    public func wake() -> Bool {
        Futex.wake(doorbell)
    }

    /// Whether all orders have been carried out, and all that the worker wrote before is visible.
    @inlinable public var isIdle: Bool {
        finished.pointee.load(ordering: .sequentiallyConsistent) == doorbell.pointee.load(ordering: .relaxed)
    }

    /// Whether the worker has come up.
    public var isReady: Bool { readyAt.pointee.load(ordering: .acquiring) != 0 }

    @inlinable func place<Value: ~Copyable>(_ offset: Int) -> UnsafeMutablePointer<Value> {
        (base + offset).assumingMemoryBound(to: Value.self)
    }
}
