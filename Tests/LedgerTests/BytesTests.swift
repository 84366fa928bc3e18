import Glibc
import Linux
import Testing

@testable import Ledger

/// A job in an arena of its own.
private struct Bed {
    let arena: Arena
    let job: Job

    init(_ inputs: TaskInputs? = nil, tasks: Int = 3, crew: Int = 1, heap: Int = 0, limit: Int = 1 << 20) throws {
        var plan = JobPlan(job: 1, tasks: tasks, workload: 0, crew: crew, cpuInterval: 0, rings: false)
        if let inputs { plan.note(inputs) }
        plan.heapBytes = UInt64(heap)
        plan.resultLimit = UInt64(limit)
        arena = try Arena(slotCount: 1, jobBytes: plan.layout.byteCount)
        job = arena.job(at: arena.jobsOffset)
        job.prepare(plan)
        if let inputs { try job.store(inputs) }
    }

    var view: JobView { JobView(job, plan: job.plan.pointee) }

    func inputs() -> [[UInt8]] {
        let inputs = job.inputBytes
        return (0..<view.tasks).map { Array(inputs[$0]) }
    }
}

/// A memory file with these bytes.
private func file(_ bytes: [UInt8]) throws -> InputFile {
    let file = try Descriptor.memoryFile(named: "test")
    try file.append(bytes)
    return try #require(try InputFile(file))
}

/// A table of parts, as clients write it.
private func table(_ spans: [(Int, Int)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (offset, count) in spans {
        for number in [offset, count] { withUnsafeBytes(of: Int64(number)) { bytes += Array($0) } }
    }
    return bytes
}

@Suite("Inputs that are bytes")
struct BlockTests {
    private let bytes: [UInt8] = [0, 1, 0xff, 0, 10, 97]

    @Test("are parts of a block, one behind the other, whatever is in them")
    func lengths() throws {
        let bed = try Bed(TaskInputs(try InputBlock(bytes, lengths: [2, 0, 3])))
        #expect(bed.inputs() == [[0, 1], [], [0xff, 0, 10]])
        let filed = try Bed(TaskInputs(try InputBlock(try file(bytes), lengths: [6, 0, 0])))
        #expect(filed.inputs() == [bytes, [], []])
    }

    @Test("are all of a block where nothing says which part")
    func whole() throws {
        let bed = try Bed(TaskInputs(InputBlock(bytes, tasks: 3)))
        #expect(bed.inputs() == [bytes, bytes, bytes])
    }

    @Test("are what a table in a file says, in any order and over each other")
    func tables() throws {
        let contents = bytes + [0, 0] + table([(4, 2), (0, 6), (0, 0)])
        let bed = try Bed(TaskInputs(try InputBlock(try file(contents), table: 8, tasks: 3)))
        #expect(bed.inputs() == [[10, 97], bytes, []])
    }

    @Test("begin at an address that numbers can be read at")
    func alignment() throws {
        let bed = try Bed(TaskInputs(try InputBlock(bytes, lengths: [6, 0, 0])))
        let address = try #require(bed.job.inputBytes[0].baseAddress)
        #expect(UInt(bitPattern: address).isMultiple(of: 16))
    }

    @Test("have no words, and words have no bytes")
    func forms() throws {
        let bed = try Bed(TaskInputs(InputBlock(bytes, tasks: 3)))
        #expect(bed.job.input(0).strings == [] && bed.job.sharedInput.strings == [])
        let words = try Bed(TaskInputs(shared: ["s"], tasks: [["a"], [], []]))
        #expect(words.inputs() == [[], [], []])
    }

    @Test("are the words of commands, where they are lists of such")
    func lists() throws {
        let bytes: [UInt8] = [97, 0, 0xff, 10, 0, 98, 0, 0, 9]
        for lists in [try InputBlock(bytes, lengths: [5, 3]), try InputBlock(try file(bytes), lengths: [5, 3])] {
            let bed = try Bed(TaskInputs(shared: ["/tmp", "X=1"], lists: lists), tasks: 2)
            #expect(bed.job.sharedInput.strings == ["/tmp", "X=1"])
            func words(_ task: Int) -> [[UInt8]] {
                bed.job.input(task).map { word in Array(String(cString: word).utf8) }
            }
            #expect(bed.job.input(0).map { strlen($0) } == [1, 2] && bed.job.input(0).first { _ in true }?[0] == 97)
            #expect(words(1) == [[98], []])
            var count = 0
            bed.job.input(1).forEach { _ in count += 1 }
            #expect(count == 2 && lists.beginning(atMost: 3) == [97, 0, 0xff])
        }
    }

    @Test(
        "that are no words of a command are refused, with the task",
        arguments: [([97, 0, 98], [2, 1]), ([97, 0, 0, 98, 0], [2, 3]), ([97, 0], [2, 0])] as [([UInt8], [Int])])
    func noLists(bytes: [UInt8], lengths: [Int]) throws {
        let inputs = TaskInputs(shared: [], lists: try InputBlock(bytes, lengths: lengths))
        #expect(throws: InputBlock.Fault.words(task: 1)) { try Bed(inputs, tasks: 2) }
    }

    @Test("that are not within the block are refused, with the task", arguments: [[7, 0, 0], [3, 4, 0], [0, 0, -1]])
    func outside(lengths: [Int]) throws {
        let task = lengths == [7, 0, 0] ? 0 : lengths == [3, 4, 0] ? 1 : 2
        #expect(throws: InputBlock.Fault.outside(task: task)) { try InputBlock(bytes, lengths: lengths) }
    }

    @Test(
        "whose table points outside are refused before anybody follows it",
        arguments: [(0, 49), (48, 1), (-1, 1), (1, Int.max), (Int.max, Int.max), (49, 0)])
    func tableOutside(span: (Int, Int)) throws {
        let contents = table([(0, 48), span, (48, 0)])
        #expect(throws: InputBlock.Fault.outside(task: 1)) {
            try Bed(TaskInputs(try InputBlock(try file(contents), table: 0, tasks: 3)))
        }
    }

    @Test("whose table isn't in the file are refused", arguments: [-8, 4, 8, 56, Int.max - 7])
    func noTable(place: Int) throws {
        let file = try file(table([(0, 0), (0, 0), (0, 0)]))
        #expect(throws: InputBlock.Fault.table) { try InputBlock(file, table: place, tasks: 3) }
        #expect(throws: InputBlock.Fault.table) { try InputBlock(file, table: 0, tasks: .max) }
    }

    @Test(
        "of a file that somebody cuts meanwhile are refused, and nobody faults",
        arguments: [(10_000, 5000), (9_000_001, 4096), (9_000_001, 9_000_000)])
    func shrunk(byteCount: Int, left: Int) throws {
        let descriptor = try Descriptor.memoryFile(named: "test")
        try descriptor.append([UInt8](repeating: 1, count: byteCount))
        let other = try duplicate(descriptor.raw)
        defer { close(other) }
        let file = try #require(try InputFile(descriptor))
        let inputs = TaskInputs(try InputBlock(file, table: nil, tasks: 3))
        try truncate(other, to: left)
        #expect(throws: InputBlock.Fault.shrunk) { try Bed(inputs) }
    }

    @Test("of a large file, which two threads copy, are all of it", arguments: [1 << 23, 9_000_001])
    func large(byteCount: Int) throws {
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            for index in 0..<byteCount { buffer[index] = UInt8(truncatingIfNeeded: index &* 31 >> 8 ^ index) }
            count = byteCount
        }
        let bed = try Bed(TaskInputs(try InputBlock(try file(bytes), lengths: [byteCount, 0, 0])))
        #expect(bed.job.inputBytes[0].elementsEqual(bytes))
    }

    @Test("can't come from a pipe, which has no places")
    func pipe() throws {
        let pipe = try Pipe()
        let other = try duplicate(pipe.reader.raw)
        #expect(try InputFile(Descriptor(owning: other)) == nil)
    }
}

@Suite("Results in a job's heap")
struct HeapTests {
    private func result(_ value: Int64, in bed: Bed) throws -> [UInt8] {
        Array(try #require(ResultSpan(value: value).bytes(in: bed.view.heap)))
    }

    private func put(_ bytes: [UInt8], _ writer: inout ResultWriter) -> ResultSpan? {
        writer.begin()
        let isIn = bytes.withUnsafeBytes { writer.append($0) }
        return isIn ? writer.finish() : nil
    }

    @Test("stand beside each other, those of several workers too, and each begins as malloc's memory does")
    func many() throws {
        let bed = try Bed(tasks: 1, crew: 2, heap: 1 << 20)
        var writers = [ResultWriter(bed.job), ResultWriter(bed.job)]
        var spans: [(ResultSpan, [UInt8])] = []
        for number in 0..<2000 {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number % 300)
            let span = put(bytes, &writers[number % 2])
            spans.append((try #require(span), bytes))
        }
        for (span, bytes) in spans {
            #expect(try result(span.value, in: bed) == bytes)
            #expect(span.offset.isMultiple(of: 16))
        }
    }

    @Test("grow bit by bit and keep what they hold, as other workers put theirs behind them")
    func growth() throws {
        let bed = try Bed(tasks: 1, crew: 2, heap: 1 << 20)
        var (one, other) = (ResultWriter(bed.job), ResultWriter(bed.job))
        one.begin()
        var expected: [UInt8] = []
        for number in 0..<3000 {
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 50)
            #expect(piece.withUnsafeBytes { one.append($0) })
            expected += piece
            if number.isMultiple(of: 100) { #expect(put([1, 2, 3], &other) != nil) }
        }
        #expect(try result(one.finish().value, in: bed) == expected)
    }

    @Test("are made shorter and longer at will")
    func resize() throws {
        let bed = try Bed(tasks: 1, heap: 1 << 16)
        var writer = ResultWriter(bed.job)
        writer.begin()
        let longer = writer.resize(to: 1000)
        let place = try #require(longer)
        place.initializeMemory(as: UInt8.self, repeating: 7, count: 1000)
        #expect(writer.resize(to: 3) != nil)
        #expect(try result(writer.finish().value, in: bed) == [7, 7, 7])
        writer.begin()
        #expect(writer.finish() == .none)
    }

    @Test("may fill the heap to its last byte, and not one more; what is too large for all says so")
    func limits() throws {
        let bed = try Bed(tasks: 1, heap: 4096, limit: 4096)
        var writer = ResultWriter(bed.job)
        #expect(put([UInt8](repeating: 1, count: 4080), &writer) != nil)
        #expect(put([UInt8](repeating: 2, count: 16), &writer) != nil)
        #expect(put([3], &writer) == nil)
        #expect(writer.fault == .full)
        let small = try Bed(tasks: 1, heap: 4096, limit: 10)
        var limited = ResultWriter(small.job)
        #expect(put([UInt8](repeating: 1, count: 11), &limited) == nil)
        #expect(limited.fault == .tooLarge)
        limited.begin()
        #expect(limited.resize(to: -1) == nil && limited.resize(to: .max) == nil)
        #expect(put([UInt8](repeating: 1, count: 10), &limited) != nil)
    }

    @Test("leave the room that a large one took and gave back to other workers")
    func givenBack() throws {
        let bed = try Bed(tasks: 1, crew: 2, heap: 1 << 20)
        var (one, other) = (ResultWriter(bed.job), ResultWriter(bed.job))
        one.begin()
        #expect(one.resize(to: 1 << 20) != nil)
        #expect(one.resize(to: 10) != nil)
        _ = one.finish()
        #expect(put([UInt8](repeating: 1, count: 1 << 19), &other) != nil)
    }

    @Test("are read nowhere else than in the heap, whatever a record says")
    func damaged() throws {
        let bed = try Bed(tasks: 1, heap: 4096)
        var record = TaskRecord(generation: bed.view.plan.generation)
        record.status = .ok
        for value in [4097, 1 << 32 | 4090, -1, 256 << 32 | 1] as [Int64] {
            record.value = value
            let checked = bed.view.checked(record)
            #expect(checked.status == .failed && checked.failure == TaskFailure.damaged.bits)
            #expect(bed.view.result(checked)?.count == 0)
        }
        record.value = 255 << 32 | 16
        #expect(bed.view.checked(record).status == .ok)
        #expect(bed.view.result(record)?.count == 16)
    }

    @Test("are refused rather than put elsewhere, where what says how much of the heap is taken was overwritten")
    func overwritten() throws {
        let bed = try Bed(tasks: 1, heap: 4096)
        bed.job.heapTaken.pointee.store(.max, ordering: .relaxed)
        var writer = ResultWriter(bed.job)
        #expect(put([1], &writer) == nil)
        #expect(writer.fault == .full)
    }
}
