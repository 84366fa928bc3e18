public import CStream
import Linux

/// How large a lease's stream is, see `par-stream.h`.
public struct StreamShape: Sendable, Equatable {
    /// Tasks that can be on their way at a time: a power of two.
    public var slots: UInt32
    /// Blocks of the client's inputs, and of results.
    public var inputBlocks: UInt32
    public var resultBlocks: UInt32

    public static let blockBytes = Int(PAR_STREAM_BLOCK)
    public static let slotRange = 64...Int(PAR_STREAM_MOST_SLOTS)
    public static let maximumSeats = Int(PAR_STREAM_MOST_SEATS)
    /// The most bytes of inputs, and of results.
    public static let maximumBytes = Int(PAR_STREAM_MOST_BLOCKS) * blockBytes

    /// Nil where a stream can't be of that size.
    public init?(slots: Int, inputBytes: Int, resultBytes: Int) {
        guard Self.slotRange.contains(slots), slots.nonzeroBitCount == 1, (0...Self.maximumBytes).contains(inputBytes),
            (0...Self.maximumBytes).contains(resultBytes)
        else { return nil }
        self.slots = UInt32(slots)
        inputBlocks = UInt32((inputBytes + Self.blockBytes - 1) / Self.blockBytes)
        resultBlocks = UInt32((resultBytes + Self.blockBytes - 1) / Self.blockBytes)
    }

    public func raw(seats: Int) -> par_stream_shape {
        par_stream_shape(
            slots: slots, seats: UInt32(seats), input_blocks: inputBlocks, result_blocks: resultBlocks)
    }

    /// Bytes of the memory file, for so many workers.
    public func byteCount(seats: Int) -> Int {
        Int(par_stream_lay_out(raw(seats: seats)).size)
    }
}

extension JobPlan {
    /// The shape of the stream that the job's tasks come from; nil where they are its own.
    public var stream: StreamShape? {
        get {
            streamSlots == 0
                ? nil
                : StreamShape(slots: streamSlots, inputBlocks: streamInputBlocks, resultBlocks: streamResultBlocks)
        }
        set {
            streamSlots = newValue?.slots ?? 0
            streamInputBlocks = newValue?.inputBlocks ?? 0
            streamResultBlocks = newValue?.resultBlocks ?? 0
        }
    }
}

extension StreamShape {
    fileprivate init(slots: UInt32, inputBlocks: UInt32, resultBlocks: UInt32) {
        self.slots = slots
        self.inputBlocks = inputBlocks
        self.resultBlocks = resultBlocks
    }
}

/// A worker's part in a lease's stream: how it claims tasks, and tells that they have ended.
///
/// It stands at one address for as long as the worker is there, and is used on the worker's own thread.
public struct StreamSeat {
    /// The mapped memory. Neither changes.
    public let stream: UnsafeMutablePointer<par_stream>
    public let seat: UInt32
    public let pid: UInt32
    /// Where the client is rung.
    public let bell: Int32
    /// What the worker has done.
    public let tally: StreamTally
    /// Tasks that have been claimed together.
    public let claimed: UnsafeMutablePointer<UInt64>
    public static let claimLimit = 64
    /// The task at hand.
    public var task: UInt64 = 0

    init(_ stream: par_stream, seat: UInt32, pid: UInt32, bell: Int32, tally: StreamTally) {
        self.stream = .allocate(capacity: 1)
        self.stream.initialize(to: stream)
        self.seat = seat
        self.pid = pid
        self.bell = bell
        self.tally = tally
        claimed = .allocate(capacity: Self.claimLimit)
    }

    func deallocate() {
        stream.deallocate()
        claimed.deallocate()
    }

    @inlinable public var head: UnsafeMutablePointer<par_stream_head> { par_stream_head_of(stream) }

    /// Whether there may be something to claim.
    @inlinable public var hasWork: Bool { par_stream_has_work(stream) != 0 }

    /// Claims tasks, and wakes another worker where there are more.
    ///
    /// - Returns: how many of ``claimed`` are this worker's.
    @inlinable @inline(__always)
    public func claim(atMost most: UInt64) -> Int {
        let count = par_stream_claim(stream, pid, claimed, UInt32(min(most, UInt64(Self.claimLimit))))
        if count > 0, par_stream_wants_another(stream) != 0 { wakeAnother() }
        return Int(count)
    }

    /// Notes that a task has ended, whose record says so, and rings the client where it waits for that.
    @inlinable @inline(__always)
    public func noteEnd(_ task: UInt64) {
        if par_stream_note_end(stream, task) != 0 { ring() }
    }

    /// How many tasks nobody has claimed.
    @inlinable public var backlog: UInt64 { par_stream_backlog(stream) }

    /// The worker leaves: one whom the client has just woken has another woken for what there is to do.
    public func passOn() {
        if hasWork { wakeAnother() }
    }

    @usableFromInline func wakeAnother() {
        if let bell = par_stream_pick_sleeper(stream) { Futex.wake(raw: bell) }
    }

    /// Rings the client. Where it has not heard earlier rings, it needs no further one.
    @usableFromInline func ring() {
        SocketBell.ring(bell)
    }
}

/// A stream that a worker has joined: its memory stays mapped until this is let go.
public final class JoinedStream {
    private let memory: SharedMemory
    private let bell: Descriptor
    /// The worker's part.
    public let seat: UnsafeMutablePointer<StreamSeat>

    /// Maps the stream of a job, for the worker at this seat. Nil where the file is too small for it.
    public init?(
        of job: Job, seat: Int, pid: UInt32, memory file: consuming Descriptor, bell: consuming Descriptor
    ) throws(SystemError) {
        let plan = job.plan.pointee
        guard let shape = plan.stream?.raw(seats: Int(plan.crew)), par_stream_is_shape(shape) != 0,
            (0..<Int(plan.crew)).contains(seat)
        else { return nil }
        let byteCount = Int(par_stream_lay_out(shape).size)
        guard try memoryFileSize(file.raw) >= byteCount else { return nil }
        memory = try SharedMemory(mapping: file, byteCount: byteCount)
        let raw = bell.raw
        self.bell = bell
        self.seat = .allocate(capacity: 1)
        self.seat.initialize(
            to: StreamSeat(
                par_stream_at(memory.base, shape), seat: UInt32(seat), pid: pid, bell: raw, tally: job.tally(seat)))
    }

    deinit {
        seat.pointee.deallocate()
        seat.deinitialize(count: 1)
        seat.deallocate()
    }
}
