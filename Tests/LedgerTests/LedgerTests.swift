import Linux
import Synchronization
import SystemPackage
import Testing

@testable import Ledger

@Suite("The ledger")
struct LedgerTests {
    @Test("has records of one cache line, and a plan that fits before the counters, which end before the arguments")
    func layout() {
        #expect(MemoryLayout<TaskRecord>.stride == TaskRecord.byteCount)
        #expect(192 + MemoryLayout<JobPlan>.size <= 448 && 448 + 8 <= Job.argumentOffset)
        #expect(JobLayout(tasks: 1).byteCount == 2 * Arena.pageBytes)
        #expect(JobLayout(tasks: 1_000_000).byteCount == Arena.pageBytes + 64_000_000)
    }

    @Test("is found again by whoever maps its file, and nothing else is taken for one")
    func mapping() throws {
        let arena = try Arena(slotCount: 8, jobBytes: 1 << 16)
        let copy = try #require(try Arena(mapping: Descriptor(owning: try duplicate(arena.descriptor))))
        arena.slot(7).tid.pointee = 42
        #expect(copy.slot(7).tid.pointee == 42)
        let stranger = try SharedMemory(named: "stranger", byteCount: 1 << 16)
        #expect(try Arena(mapping: Descriptor(owning: try duplicate(stranger.descriptor))) == nil)
    }

    @Test("can't be shrunk under those who use it")
    func sealed() throws {
        let arena = try Arena(slotCount: 8, jobBytes: 1 << 16)
        #expect(throws: SystemError.self) { try truncate(arena.descriptor, to: 0) }
    }

    @Test("follows a chain of slots to its end, and no further than there are slots when it is broken")
    func chains() throws {
        let arena = try Arena(slotCount: 8, jobBytes: 1 << 16)
        for slot in 0..<8 { arena.slot(slot).reset() }
        arena.slot(2).link.pointee = 5
        arena.slot(5).link.pointee = 1
        #expect(arena.chain(from: 2) == [2, 5, 1])
        arena.slot(1).link.pointee = 2
        #expect(arena.chain(from: 2).count == 8)
        arena.slot(1).link.pointee = 4_000
        #expect(arena.chain(from: 2) == [2, 5, 1])
        #expect(arena.chain(from: Slot.none).isEmpty)
    }
}

@Suite("A failure of a task")
struct TaskFailureTests {
    @Test("survives its 32 bits", arguments: [0, 1, 7, .max] as [UInt16], [0, 1, 28, 0xffff] as [Int32])
    func bits(number: UInt16, code: Int32) {
        let failure = TaskFailure(number: number, code: code)
        #expect(TaskFailure(bits: failure.bits) == failure)
        #expect((failure.number, failure.code) == (number, code))
    }
}
