import Linux
public import Synchronization

/// One worker's place on the board: how it gets its orders and says that it is done.
///
/// One side gives orders, one worker takes them. An order is written first, then the doorbell is rung; a worker that has
/// carried it out stores the doorbell's number in `finished`. No lock is held at any time, so a worker may die anywhere.
public struct Slot {
    public static let byteCount = 128
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
    @inlinable public var order: UnsafeMutablePointer<UInt32> { place(4) }
    /// The job's offset in the arena, or the first slot of a chain.
    @inlinable public var subject: UnsafeMutablePointer<UInt64> { place(8) }
    /// The worker's number in the job's crew.
    @inlinable public var seat: UnsafeMutablePointer<UInt32> { place(16) }
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

    /// Gives an order. The worker must have finished the one before.
    ///
    /// - Returns: whether the worker sleeps, so that ``wake()`` must follow.
    @inlinable public func post(_ order: Order, subject: UInt64, seat: UInt32 = 0) -> Bool {
        self.order.pointee = order.rawValue
        self.subject.pointee = subject
        self.seat.pointee = seat
        // Sequentially consistent against the worker's store to `parked` and load of the doorbell: one of the two sides
        // sees what the other wrote.
        doorbell.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        return parked.pointee.load(ordering: .sequentiallyConsistent) != 0
    }

    /// Wakes the worker that sleeps on the doorbell.
    ///
    /// - Returns: false where the kernel would not.
    @discardableResult
    public func wake() -> Bool {
        Futex.wake(doorbell)
    }

    /// Whether the last order has been carried out, and all that the worker wrote before is visible.
    @inlinable public var isIdle: Bool {
        finished.pointee.load(ordering: .sequentiallyConsistent) == doorbell.pointee.load(ordering: .relaxed)
    }

    /// Whether the worker has come up.
    public var isReady: Bool { readyAt.pointee.load(ordering: .acquiring) != 0 }

    @inlinable func place<Value: ~Copyable>(_ offset: Int) -> UnsafeMutablePointer<Value> {
        (base + offset).assumingMemoryBound(to: Value.self)
    }
}
