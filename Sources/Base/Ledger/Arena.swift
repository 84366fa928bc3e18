public import Linux
public import Synchronization

/// The shared memory of a daemon and all of its workers: the board of slots, then the jobs.
///
/// It is mapped before any worker is forked, so that a job costs no mapping and no message. Whatever refers to a place in
/// it does so by offset: it may be mapped elsewhere in a program that was started anew.
///
/// ```
/// 0        ArenaHeader
/// 4096     slot 0, slot 1, …   320 bytes each
/// …        jobs                whole pages each, see Job
/// ```
public final class Arena: @unchecked Sendable {
    // The mapping is shared with other processes; what orders access to it is said where it is accessed. Nothing else
    // changes but the file, which only a worker process closes, before it has a second thread.
    private var memory: SharedMemory
    public let slotCount: Int
    /// Where jobs begin.
    public let jobsOffset: Int

    /// Tells an arena from other memory, and from that of a program built with another layout: a zygote of another version
    /// would read what is not there.
    static let magic: UInt64 = [
        MemoryLayout<JobPlan>.stride, MemoryLayout<TaskRecord>.stride, Slot.byteCount, Job.headBytes,
        Job.argumentOffset,
        layoutVersion,
    ].reduce(0x7061_7264) { ($0 &* 31) &+ UInt64($1) }
    /// To be counted up where places move and no size tells.
    private static let layoutVersion = 3
    public static let pageBytes = 4096

    /// Makes a new arena for `slotCount` workers and `jobBytes` bytes of jobs.
    public init(slotCount: Int, jobBytes: Int) throws(SystemError) {
        self.slotCount = slotCount
        jobsOffset = Self.jobsOffset(slotCount: slotCount)
        memory = try SharedMemory(named: "par-ledger", byteCount: jobsOffset + Self.roundedToPages(jobBytes))
        sign(daemon: 0, family: 0)
    }

    /// Writes what a program that maps the arena looks for: how large it is, the daemon's pid, and the family of the marks
    /// of its commands.
    public func sign(daemon: UInt32, family: UInt32) {
        header.magic.pointee = Self.magic
        header.slotCount.pointee = UInt32(slotCount)
        header.daemon.pointee = daemon
        header.family.pointee = family
    }

    /// Maps an arena made by another process. Nil if the file isn't one.
    public init?(mapping file: consuming Descriptor) throws(SystemError) {
        let byteCount = try memoryFileSize(file.raw)
        memory = try SharedMemory(mapping: file, byteCount: byteCount)
        let header = ArenaHeader(base: memory.base)
        slotCount = Int(header.slotCount.pointee)
        jobsOffset = Self.jobsOffset(slotCount: slotCount)
        if header.magic.pointee != Self.magic { return nil }
    }

    public var byteCount: Int { memory.byteCount }
    public var descriptor: Int32 { memory.descriptor }
    /// Closes the memory file, so that nobody gets at it through this process. What is mapped stays so.
    public func closeFile() {
        memory.closeFile()
    }
    public var header: ArenaHeader { ArenaHeader(base: memory.base) }

    /// The slot of one worker, by its number from 0.
    @inlinable public func slot(_ number: Int) -> Slot {
        Slot(base: address(Self.pageBytes + number * Slot.byteCount))
    }

    /// The job that begins at `offset`.
    public func job(at offset: Int) -> Job {
        Job(offset: offset, base: address(offset))
    }

    @usableFromInline func address(_ offset: Int) -> UnsafeMutableRawPointer {
        memory.base + offset
    }

    /// Gives pages of jobs that have ended back to the system.
    public func release(_ extent: Range<Int>) throws(SystemError) {
        try memory.release(offset: extent.lowerBound, byteCount: extent.count)
    }

    static func roundedToPages(_ byteCount: Int) -> Int {
        (byteCount + pageBytes - 1) / pageBytes * pageBytes
    }

    private static func jobsOffset(slotCount: Int) -> Int {
        pageBytes + roundedToPages(slotCount * Slot.byteCount)
    }
}

/// What the whole arena shares. Each word that workers write has a cache line of its own.
public struct ArenaHeader: @unchecked Sendable {
    let base: UnsafeMutableRawPointer

    var magic: UnsafeMutablePointer<UInt64> { place(0) }
    var slotCount: UnsafeMutablePointer<UInt32> { place(8) }
    /// The daemon's pid, which a worker's parent must be.
    public var daemon: UnsafeMutablePointer<UInt32> { place(16) }
    /// The family of the marks of the daemon's commands.
    public var family: UnsafeMutablePointer<UInt32> { place(20) }
    /// The slot that spins for its next order, plus 1; 0 when none does. On few processors more than one would only be
    /// in the others' way.
    public var searcher: UnsafeMutablePointer<Atomic<UInt32>> { place(64) }
    /// The processor, plus 1, of the one who gave the last order and waits for its end; 0 when nobody waits.
    public var giver: UnsafeMutablePointer<Atomic<Int32>> { place(192) }
    /// How many workers that were asked for are not ready; whoever takes it to 0 or below rings. The control side sets
    /// it to 0 when one of them has died, so that each of the rest rings.
    public var starting: UnsafeMutablePointer<Atomic<Int32>> { place(128) }
    /// How many commands have been started, from which each has its number.
    public var commands: UnsafeMutablePointer<Atomic<UInt32>> { place(256) }

    /// Counted up whenever there is something for the control side to see.
    public var news: UnsafeMutablePointer<Atomic<UInt32>> { place(320) }
    /// 1 while the control side watches ``news`` awake, so that nobody has to ring.
    public var watched: UnsafeMutablePointer<Atomic<UInt32>> { place(384) }

    /// 1 while jobs wait for workers, so that one without an order is about to get one.
    public var hasQueue: UnsafeMutablePointer<Atomic<UInt32>> { place(452) }
    /// 1 while others wait for workers that are idle at leases: one that falls asleep there rings.
    public var wantsIdle: UnsafeMutablePointer<Atomic<UInt32>> { place(448) }

    private func place<Value: ~Copyable>(_ offset: Int) -> UnsafeMutablePointer<Value> {
        (base + offset).assumingMemoryBound(to: Value.self)
    }
}

extension Arena {
    /// Says that there is something to see: rings `event`, unless the control side is awake for it.
    public func tellNews(_ event: Int32) {
        // Sequentially consistent against the control side's storing 0 and then reading the count: it sees the news, or this
        // side sees that it has to ring.
        header.news.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if header.watched.pointee.load(ordering: .sequentiallyConsistent) == 0 { ring(event) }
    }

    /// The task numbers of a job's further round.
    @inlinable public func table(at offset: Int) -> UnsafeMutablePointer<UInt32> {
        address(offset).assumingMemoryBound(to: UInt32.self)
    }

    /// The slots that are linked together from `first` on. A broken chain ends where it has been before.
    public func chain(from first: UInt32) -> [Int] {
        var chain: [Int] = []
        var next = first
        while next != Slot.none, Int(next) < slotCount, chain.count < slotCount {
            chain.append(Int(next))
            next = slot(Int(next)).link.pointee
        }
        return chain
    }
}

/// Which parts of the arena are free: whole pages, the first gap that fits.
///
/// Low addresses are used again first, as their pages are the ones that workers have already touched.
public struct Extents: Sendable {
    private var gaps: [Range<Int>]
    /// Bytes that jobs hold.
    public private(set) var used = 0

    /// All of `range` is free; its bounds are at page boundaries.
    public init(_ range: Range<Int>) {
        gaps = range.isEmpty ? [] : [range]
    }

    /// Takes `byteCount` bytes, rounded up to pages; nil when no gap is that large.
    public mutating func take(_ byteCount: Int) -> Range<Int>? {
        let size = Arena.roundedToPages(max(1, byteCount))
        guard let index = gaps.firstIndex(where: { $0.count >= size }) else { return nil }
        let gap = gaps[index]
        let extent = gap.lowerBound..<(gap.lowerBound + size)
        if gap.count == size {
            gaps.remove(at: index)
        } else {
            gaps[index] = extent.upperBound..<gap.upperBound
        }
        used += size
        return extent
    }

    /// Takes `extent`, whose bounds are at page boundaries; false where not all of it is free.
    public mutating func take(_ extent: Range<Int>) -> Bool {
        guard
            let index = gaps.firstIndex(where: {
                $0.lowerBound <= extent.lowerBound && extent.upperBound <= $0.upperBound
            })
        else { return false }
        let gap = gaps[index]
        let rest = [gap.lowerBound..<extent.lowerBound, extent.upperBound..<gap.upperBound]
        gaps.replaceSubrange(index...index, with: rest.filter { !$0.isEmpty })
        used += extent.count
        return true
    }

    /// Puts an extent back, and joins it to its neighbours.
    public mutating func giveBack(_ extent: Range<Int>) {
        used -= extent.count
        let index = gaps.firstIndex { $0.lowerBound >= extent.upperBound } ?? gaps.endIndex
        gaps.insert(extent, at: index)
        if index + 1 < gaps.count, gaps[index].upperBound == gaps[index + 1].lowerBound {
            gaps[index] = gaps[index].lowerBound..<gaps.remove(at: index + 1).upperBound
        }
        if index > 0, gaps[index - 1].upperBound == gaps[index].lowerBound {
            gaps[index - 1] = gaps[index - 1].lowerBound..<gaps.remove(at: index).upperBound
        }
    }
}
