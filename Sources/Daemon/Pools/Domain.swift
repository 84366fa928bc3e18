import Ledger
import Linux

/// What workers of one trust share with the daemon and with nobody else: an arena, and the event that they ring.
///
/// Foreign code can write all over what its worker has mapped, and use whatever its worker has open. So it gets nothing that
/// workers of the project's own code have: what it writes reaches its own kind's slots, records, inputs and results, and
/// what the daemon reads of those is within bounds.
final class Domain: Sendable {
    let trust: Runtime.Trust
    let arena: Arena
    /// Rung by its workers. Another's can't be emptied, nor filled, through it.
    let bell: Descriptor
    /// Where its workers ask for the files of leases, and the end by which they do.
    let files: Descriptor
    let filesEnd: Descriptor
    /// The number of its first slot, among the slots of all domains.
    let firstSlot: Int
    private let family: UInt32

    init(_ trust: Runtime.Trust, slotCount: Int, jobBytes: Int, firstSlot: Int, family: UInt32) throws(SystemError) {
        self.trust = trust
        self.firstSlot = firstSlot
        self.family = family
        arena = try Arena(slotCount: slotCount, jobBytes: jobBytes)
        bell = try Descriptor.event()
        var end: Int32 = -1
        files = try FileRequest.socket { end = $0.release() }
        filesEnd = Descriptor(owning: end)
        sign()
    }

    /// The numbers of its slots, among the slots of all domains.
    var slots: Range<Int> { firstSlot..<(firstSlot + arena.slotCount) }

    /// How its workers know a slot.
    func place(of slot: Int) -> UInt32 { UInt32(slot - firstSlot) }

    /// How often its workers have had something to say.
    var news: UInt32 { arena.header.news.pointee.load(ordering: .sequentiallyConsistent) }

    /// Says in the arena whose it is, before a process is started that looks for that: anybody may have written there.
    func sign() {
        arena.sign(daemon: UInt32(ThisProcess.pid), family: family)
    }
}

/// Which parts of a domain's arena jobs have.
struct DomainMemory: Sendable {
    let domain: Domain
    private var extents: Extents
    /// The end of the memory that has been used since it was last given back.
    private var touched = 0

    /// Memory that is kept for the next jobs however long they take to come.
    private static let keptBytes = 1 << 20
    /// So much goes back at a time, in some ms: a job that comes meanwhile has the rest.
    private static let trimBytes = 1 << 25

    init(of domain: Domain) {
        self.domain = domain
        extents = Extents(domain.arena.jobsOffset..<domain.arena.byteCount)
    }

    /// Bytes that jobs hold.
    var used: Int { extents.used }

    mutating func take(_ byteCount: Int) -> Range<Int>? { extents.take(byteCount) }

    mutating func giveBack(_ extent: Range<Int>) {
        extents.giveBack(extent)
        touched = max(touched, extent.upperBound)
    }

    /// Whether there is memory to give back to the system once no job is there.
    var isTrimmable: Bool { touched > domain.arena.jobsOffset + Self.keptBytes }

    /// Takes the end of the memory that has been used, like a job's, so that no job can be laid out in it while it goes back to
    /// the system. Nil where a job is there, or there is nothing to give back.
    ///
    /// - Returns: what may go, to be given back with ``endTrim(_:isGone:)`` then.
    mutating func beginTrim() -> Range<Int>? {
        guard isTrimmable, used == 0 else { return nil }
        let part = max(touched - Self.trimBytes, domain.arena.jobsOffset + Self.keptBytes)..<touched
        guard extents.take(part) else { return nil }
        touched = part.lowerBound
        return part
    }

    /// - Parameter isGone: false where the system would not have it: it gets no more either.
    mutating func endTrim(_ part: Range<Int>, isGone: Bool) {
        extents.giveBack(part)
        if !isGone { touched = 0 }
    }
}
