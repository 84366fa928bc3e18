import Synchronization

/// Where a task's result, or the text of its failure, stands in its job's heap. It takes the place of the task's value in the
/// record.
public struct ResultSpan: Sendable, Equatable {
    public let offset: Int
    public let count: Int

    /// Results begin at multiples of so many bytes, as what `malloc` gives does.
    @usableFromInline static var alignment: Int { 16 }
    /// The largest result that a record has bits for.
    public static let maximumBytes = 1 << 32 - 1
    /// Nothing was handed back.
    @inlinable public static var none: ResultSpan { ResultSpan(offset: 0, count: 0) }

    @inlinable init(offset: Int, count: Int) {
        self.offset = offset
        self.count = count
    }

    /// The span that a record's value is.
    @inlinable public init(value: Int64) {
        let bits = UInt64(bitPattern: value)
        offset = Int(bits >> 32) * Self.alignment
        count = Int(bits & 0xffff_ffff)
    }

    @inlinable public var value: Int64 {
        Int64(bitPattern: UInt64(offset / Self.alignment) << 32 | UInt64(count))
    }

    /// Its bytes in a heap; nil where it isn't within, as only a fault of a worker's makes it.
    @inlinable public func bytes(in heap: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let range = ByteSpan(offset: offset, count: count).range(within: heap.count) else { return nil }
        return UnsafeRawBufferPointer(rebasing: heap[range])
    }
}

/// Puts the results of one worker's tasks into a job's heap, one after the other.
///
/// The worker takes chunks of the heap for itself with one atomic addition each, and fills them without asking anybody. A
/// result may grow until it is finished; one that outgrows its chunk moves into another.
public struct ResultWriter {
    /// Why a result can't be as large as asked for.
    public enum Fault: Sendable, Equatable {
        /// Larger than one may be.
        case tooLarge
        /// There is no room left for the results of all tasks.
        case full
    }

    @usableFromInline let heap: UnsafeMutableRawPointer
    private let taken: UnsafeMutablePointer<Atomic<UInt64>>
    /// Where results go that are a stream's; nil for a job's heap.
    @usableFromInline let stream: UnsafeMutablePointer<StreamSeat>?
    /// Blocks of the stream that hold the result at hand, from this one on.
    var firstBlock: UInt32 = 0
    /// Not 0 once nobody waits for the job any more.
    private let cancelled: UnsafeMutablePointer<Atomic<UInt32>>
    var isCancelled: Bool { cancelled.pointee.load(ordering: .relaxed) != 0 }
    @usableFromInline var blocks: UInt32 = 0
    @usableFromInline let heapBytes: Int
    @usableFromInline let limit: Int
    @usableFromInline let chunkBytes: Int
    /// The chunk's end, and where the result at hand begins in it.
    @usableFromInline var chunkEnd = 0
    @usableFromInline var start = 0
    @usableFromInline var count = 0
    @usableFromInline var hasFault = false
    private var firstFault = Fault.tooLarge

    /// A chunk of a large heap; of a small one, each worker may take a part of what is there.
    private static let maximumChunkBytes = 1 << 16

    public init(_ job: Job) {
        let plan = job.plan.pointee
        stream = job.stream
        cancelled = job.cancelled
        taken = job.heapTaken
        if let stream = stream?.pointee.stream.pointee {
            heap = UnsafeMutableRawPointer(stream.base)
            heapBytes = Int(stream.at.size)
        } else {
            heap = job.base + plan.layout.heap
            heapBytes = Int(plan.heapBytes) / ResultSpan.alignment * ResultSpan.alignment
        }
        limit = min(Int(clamping: plan.resultLimit), ResultSpan.maximumBytes)
        let share = heapBytes / (4 * Int(max(1, plan.crew)))
        chunkBytes = Self.rounded(min(Self.maximumChunkBytes, share))
    }

    /// Whether each task's result has a place of its own, so that ``begin()`` is to be called for each.
    @inlinable public var hasPlaces: Bool { stream != nil }

    /// Begins the next task's result, which is empty.
    @inlinable @inline(__always)
    public mutating func begin() {
        count = 0
        hasFault = false
        if let stream { begin(in: stream) }
    }

    /// What has hindered the result at hand, first.
    @inlinable public var fault: Fault? { hasFault ? recordedFault : nil }
    @usableFromInline var recordedFault: Fault { firstFault }

    /// Bytes of the result at hand.
    @inlinable public var byteCount: Int { count }

    /// Where the result at hand begins, and how long it may get without anybody's being asked, for who writes there himself and
    /// then says with ``note(byteCount:)`` how long it has become.
    @inlinable public var room: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: heap + start, count: min(chunkEnd - start, limit))
    }

    /// Notes that the result at hand has become so long within its ``room``; one that can't be is as long as its room.
    @inlinable @inline(__always)
    public mutating func note(byteCount: Int) {
        let room = min(chunkEnd - start, limit)
        count = byteCount >= 0 && byteCount <= room ? byteCount : room
    }

    /// Makes the result at hand `byteCount` bytes long and keeps what it holds as far as that goes. What is new of it holds
    /// anything.
    ///
    /// - Returns: where it begins, until it is made longer again; nil where it can't be that long, see ``fault``.
    @inlinable public mutating func resize(to byteCount: Int) -> UnsafeMutableRawPointer? {
        if byteCount <= chunkEnd - start, byteCount <= limit, byteCount >= 0 {
            count = byteCount
            return heap + start
        }
        return grow(to: byteCount)
    }

    /// Adds bytes at the end of the result at hand.
    ///
    /// - Returns: whether there was room.
    @inlinable public mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (sum, isBeyond) = count.addingReportingOverflow(bytes.count)
        let end = count
        guard let place = resize(to: isBeyond ? .max : sum) else { return false }
        if let first = bytes.baseAddress { (place + end).copyMemory(from: first, byteCount: bytes.count) }
        return true
    }

    /// Ends the result at hand, which stays as it is from now on.
    @inlinable @inline(__always)
    public mutating func finish() -> ResultSpan {
        count == 0 && blocks == 0 ? .none : finishSome()
    }

    @inlinable @inline(__always)
    mutating func finishSome() -> ResultSpan {
        if let stream { return finish(in: stream) }
        let span = ResultSpan(offset: start, count: count)
        start = min(Self.rounded(start + count), chunkEnd)
        count = 0
        if chunkEnd - start > chunkBytes { giveBack() }
        return span
    }

    /// Gives back what a large result has left of its chunk, if nobody has taken what lies behind it.
    @usableFromInline mutating func giveBack() {
        let isMine = taken.pointee.compareExchange(
            expected: UInt64(chunkEnd), desired: UInt64(start), ordering: .relaxed
        ).exchanged
        if isMine { chunkEnd = start }
    }

    @usableFromInline mutating func grow(to byteCount: Int) -> UnsafeMutableRawPointer? {
        guard byteCount >= 0, byteCount <= limit else { return fail(.tooLarge) }
        if let stream { return grow(to: byteCount, in: stream) }
        // Twice what it has where it grows, so that many small additions move it seldom.
        let wanted = max(chunkBytes, count > 0 ? min(2 * byteCount, limit) : byteCount)
        if extend(to: byteCount, wanted: wanted) {
            count = byteCount
            return heap + start
        }
        guard let chunk = take(byteCount, wanted: wanted) else { return fail(.full) }
        if count > 0 { (heap + chunk.lowerBound).copyMemory(from: heap + start, byteCount: count) }
        start = chunk.lowerBound
        chunkEnd = chunk.upperBound
        count = byteCount
        return heap + start
    }

    mutating func fail(_ fault: Fault) -> UnsafeMutableRawPointer? {
        if !hasFault { firstFault = fault }
        hasFault = true
        return nil
    }

    /// Makes the chunk longer where nobody has taken what lies behind it, so that the result needn't move.
    private mutating func extend(to byteCount: Int, wanted: Int) -> Bool {
        guard byteCount <= heapBytes - start else { return false }
        let end = min(start + Self.rounded(wanted), heapBytes)
        let isMine = taken.pointee.compareExchange(
            expected: UInt64(chunkEnd), desired: UInt64(end), ordering: .relaxed
        ).exchanged
        if isMine { chunkEnd = end }
        return isMine
    }

    /// Takes a chunk of `wanted` bytes, or of less at the heap's end; nil where `least` don't fit.
    private func take(_ least: Int, wanted: Int) -> Range<Int>? {
        var next = taken.pointee.load(ordering: .relaxed)
        while true {
            // Whatever another worker may have written there.
            guard next <= UInt64(heapBytes) else { return nil }
            let first = Self.rounded(Int(next))
            guard first <= heapBytes, least <= heapBytes - first else { return nil }
            let end = min(first + Self.rounded(max(least, wanted)), heapBytes)
            let (isMine, found) = taken.pointee.compareExchange(
                expected: next, desired: UInt64(end), ordering: .relaxed)
            if isMine { return first..<end }
            next = found
        }
    }

    @inlinable static func rounded(_ byteCount: Int) -> Int {
        (byteCount + ResultSpan.alignment - 1) / ResultSpan.alignment * ResultSpan.alignment
    }
}
