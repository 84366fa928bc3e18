import CStream
import Ledger
import Linux
import Synchronization

/// Waits for a lease's next task: for a moment awake, if no other of its workers does so already, then asleep.
struct StreamWaiter {
    private let seat: UnsafeMutablePointer<StreamSeat>
    private let worker: Worker
    private let cancelled: Futex.Word
    /// Told of each waiting; nil where nobody has to be.
    private let support: (any RuntimeSupport.Type)?
    /// Whether it has left its client's processor.
    private var isSpread = false
    /// Tasks in a row that came from this worker's own processor while it was awake.
    private var crowded = 0

    /// How long it stays awake, in nanoseconds.
    private var patience = Self.briefPatience
    /// Waits in a row that were longer than it would ever stay awake.
    private var longWaits = 0

    /// How long a worker without a task stays awake, as for an order, see ``OrderWaiter``; and how long where tasks keep coming
    /// later than that and sooner than this, as of a client that copies an array for each.
    private static let briefPatience: UInt64 = 20_000
    private static let longPatience: UInt64 = 300_000
    /// So many waits in a row that were longer tell that staying awake is of no use.
    private static let longWaitsLimit = 3
    /// So many such tasks tell that client and worker take turns on one processor, where neither can wait awake.
    private static let crowdedLimit = 4

    init(
        _ seat: UnsafeMutablePointer<StreamSeat>, _ worker: Worker, cancelled: Futex.Word,
        telling support: (any RuntimeSupport.Type)?
    ) {
        self.seat = seat
        self.worker = worker
        self.support = support
        self.cancelled = cancelled
    }

    /// Waits until there may be a task, or nobody waits for any.
    ///
    /// - Returns: whether that took long enough to matter to who measures.
    mutating func wait() -> Bool {
        support?.beginWaiting()
        defer { support?.endWaiting() }
        let began = Monotonic.now()
        if !spin() { park() }
        let waited = Monotonic.now() - began
        if waited > Self.longPatience {
            longWaits += 1
            if longWaits >= Self.longWaitsLimit { patience = Self.briefPatience }
        } else if waited > Self.briefPatience {
            longWaits = 0
            patience = Self.longPatience
        }
        return waited > Self.briefNanoseconds
    }

    /// A wait that costs less than measuring it.
    private static let briefNanoseconds: UInt64 = 2_000

    /// Whether the worker is to leave, as others wait for it.
    var isRecalled: Bool { worker.slot.recalled.pointee.load(ordering: .acquiring) != 0 }

    private var isOver: Bool { isRecalled || cancelled.pointee.load(ordering: .relaxed) != 0 }

    /// Waits awake, as the only one on the lease.
    ///
    /// - Returns: whether there is something to do.
    private mutating func spin() -> Bool {
        let head = seat.pointee.head
        if par_stream_spin_begin(seat.pointee.stream, seat.pointee.seat) == 0 { return seat.pointee.hasWork }
        defer { par_stream_spin_end(seat.pointee.stream) }
        let end = Monotonic.now() + patience
        repeat {
            for _ in 0..<32 {
                if seat.pointee.hasWork {
                    spread(head)
                    return true
                }
                relax()
            }
            if isOver { return true }
            // The client may be waiting for this very processor.
            Processors.yield()
        } while Monotonic.now() < end
        crowded = 0
        if isSpread, patience == Self.briefPatience { gather(head) }
        return seat.pointee.hasWork
    }

    /// Goes back to the client's processor: to be woken there takes a fraction of the time.
    private mutating func gather(_ head: UnsafeMutablePointer<par_stream_head>) {
        isSpread = false
        let giver = head.pointee.giver - 1
        if giver >= 0 { Processors.visit(giver) }
    }

    /// Leaves the client's processor if tasks keep coming from there.
    private mutating func spread(_ head: UnsafeMutablePointer<par_stream_head>) {
        let here = Processors.current
        guard head.pointee.giver == here + 1 else {
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
        let (stream, number) = (seat.pointee.stream, seat.pointee.seat)
        // Sequentially consistent against the daemon's saying that it wants idle ones and then looking who is: it sees that this
        // one is, or this one sees that it is wanted.
        worker.slot.parked.pointee.store(Slot.idleAtLease, ordering: .sequentiallyConsistent)
        defer { worker.slot.parked.pointee.store(0, ordering: .relaxed) }
        if worker.arena.header.wantsIdle.pointee.load(ordering: .sequentiallyConsistent) != 0 {
            worker.arena.tellNews(worker.event)
        }
        while true {
            let bell = par_stream_lie_down(stream, number)
            if seat.pointee.hasWork || isOver { break }
            Futex.wait(raw: par_stream_bell(stream, number), while: bell)
            if seat.pointee.hasWork || isOver { break }
        }
        par_stream_get_up(stream, number)
    }
}
