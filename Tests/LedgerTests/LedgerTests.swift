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

    @Test("has all that each worker reads of a plan in one cache line")
    func hotLine() {
        #expect(MemoryLayout<JobPlan>.offset(of: \.job) == 0)
        #expect(MemoryLayout<JobPlan>.offset(of: \.tasks) == 64)
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

@Suite("A task's record")
struct RecordTests {
    @Test(
        "is put within the times in which it can have been written",
        arguments: [
            (150, 250, 20, 150, 250, 20), (1, 2, .max, 100, 100, 200), (.max, 5, 0, 300, 300, 0),
            (250, 150, 0, 250, 250, 0), (0, 7, 0, 0, 0, 0), (150, .max, 201, 150, 300, 200),
        ] as [(UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)])
    func bounds(start: UInt64, stop: UInt64, cpu: UInt64, boundStart: UInt64, boundStop: UInt64, boundCPU: UInt64) {
        var record = TaskRecord(generation: 7, deaths: 1)
        (record.start, record.stop, record.cpu, record.value) = (start, stop, cpu, -1)
        let bounded = record.bounded(to: 100...300)
        #expect(bounded.start == boundStart)
        #expect(bounded.stop == boundStop)
        #expect(bounded.cpu == boundCPU)
        #expect(bounded.generation == 7 && bounded.deaths == 1 && bounded.value == -1)
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
