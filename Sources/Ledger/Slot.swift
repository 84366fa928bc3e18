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

    /// The library that the worker has to load, by the number of `Library`; 0 for none.
    @inlinable public var library: UnsafeMutablePointer<UInt32> { place(32) }

    // Written by the worker.

    /// 1 while the worker sleeps on the doorbell, or is about to.
    @inlinable public var parked: UnsafeMutablePointer<Atomic<UInt32>> { place(64) }
    /// The doorbell's number at the last order carried out.
    @inlinable public var finished: UnsafeMutablePointer<Atomic<UInt32>> { place(68) }
    /// Tasks done in the job at hand.
    @inlinable public var done: UnsafeMutablePointer<Atomic<UInt64>> { place(72) }
    /// When the worker could take its first order; 0 before.
    @inlinable public var readyAt: UnsafeMutablePointer<Atomic<UInt64>> { place(80) }
    /// Which process has this slot: 0 while none has, ``revoked`` once none may any more.
    @inlinable public var owner: UnsafeMutablePointer<Atomic<UInt32>> { place(88) }
    @inlinable public var tid: UnsafeMutablePointer<UInt32> { place(92) }
    /// When the worker had left; 0 before.
    @inlinable public var goneAt: UnsafeMutablePointer<Atomic<UInt64>> { place(96) }
    /// The command that the worker's task runs as, by the number in its mark, to be ended if the worker dies; 0 for none.
    @inlinable public var command: UnsafeMutablePointer<UInt32> { place(104) }

    public static let revoked = UInt32.max

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
    public func wake() {
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
