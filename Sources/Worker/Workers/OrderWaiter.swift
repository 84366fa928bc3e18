import Ledger
import Linux
import Synchronization

/// Waits for a slot's next order: for a moment awake, if no other worker does so already, then asleep.
struct OrderWaiter {
    private let arena: Arena
    private let slot: Slot
    /// What this worker puts into the arena's `searcher`.
    private let mark: UInt32
    /// Told of each waiting; nil where nobody has to be.
    private let support: (any RuntimeSupport.Type)?
    /// The number of the last order.
    private(set) var seen: UInt32 = 0
    private let maySpin: Bool
    /// Whether it has left its giver's processor.
    private var isSpread = false
    /// Orders in a row that were given on this worker's own processor while it was awake.
    private var crowded = 0

    /// So many such orders tell that giver and worker take turns on one processor, where neither can wait awake.
    private static let crowdedLimit = 4

    /// How long a worker without an order stays awake. A new order within it costs no wake-up; longer would take the
    /// processor from those who could give one.
    private static let spinNanoseconds: UInt64 = 20_000
    private static let stepsAside = 2

    init(arena: Arena, number: Int, maySpin: Bool = true, telling support: (any RuntimeSupport.Type)? = nil) {
        self.arena = arena
        slot = arena.slot(number)
        mark = UInt32(number) + 1
        self.maySpin = maySpin
        self.support = support
    }

    /// The next order, whenever it comes; nil where it has been taken back, which is as good as carried out.
    mutating func next() -> Slot.Order? {
        support?.beginWaiting()
        defer { support?.endWaiting() }
        // Before its first order a worker has nothing to be awake for.
        if !isRung, !(maySpin && seen != 0 && spin()) { park() }
        seen &+= 1
        return slot.take(seen)
    }

    /// Says that the order has been carried out.
    func finish() {
        slot.finish(seen)
    }

    private var isRung: Bool { slot.doorbell.pointee.load(ordering: .acquiring) != seen }

    /// Waits awake, as the only one on the arena.
    ///
    /// - Returns: whether an order has come.
    private mutating func spin() -> Bool {
        let header = arena.header
        let (took, _) = header.searcher.pointee.compareExchange(expected: 0, desired: mark, ordering: .relaxed)
        if !took { return stepAside() }
        defer { header.searcher.pointee.store(0, ordering: .releasing) }
        let end = Monotonic.now() + Self.spinNanoseconds
        repeat {
            for _ in 0..<32 {
                if isRung {
                    spread()
                    return true
                }
                relax()
            }
            // Who could give an order may be waiting for this very processor.
            Processors.yield()
        } while Monotonic.now() < end
        crowded = 0
        if isSpread { gather() }
        return isRung
    }

    /// Where jobs wait for workers, lets others have the processor a few times: who gives orders may be among them, and has
    /// one for this worker then, which costs no wake-up.
    ///
    /// - Returns: whether an order has come.
    private func stepAside() -> Bool {
        for _ in 0..<Self.stepsAside {
            if isRung || arena.header.hasQueue.pointee.load(ordering: .relaxed) == 0 { break }
            Processors.yield()
        }
        return isRung
    }

    /// Goes back to the giver's processor: to be woken there takes a fraction of the time.
    private mutating func gather() {
        isSpread = false
        let giver = arena.header.giver.pointee.load(ordering: .relaxed) - 1
        if giver >= 0 { Processors.visit(giver) }
    }

    /// Leaves the giver's processor if orders keep coming from there.
    private mutating func spread() {
        let here = Processors.current
        guard arena.header.giver.pointee.load(ordering: .relaxed) == here + 1 else {
            crowded = 0
            return
        }
        crowded += 1
        guard crowded >= Self.crowdedLimit else { return }
        crowded = 0
        isSpread = true
        Processors.leave(here)
    }

    private func park() {
        // Sequentially consistent against the doorbell, see Slot.post.
        slot.parked.pointee.store(1, ordering: .sequentiallyConsistent)
        while slot.doorbell.pointee.load(ordering: .sequentiallyConsistent) == seen {
            Futex.wait(slot.doorbell, while: seen)
        }
        slot.parked.pointee.store(0, ordering: .relaxed)
    }
}
