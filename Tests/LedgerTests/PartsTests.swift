import Testing

@testable import Ledger

extension Job {
    /// As its giver sees it.
    fileprivate var view: JobView { JobView(self, plan: plan.pointee) }
}

@Suite("A job with more than records")
struct PartsTests {
    private func job(_ plan: (inout JobPlan) -> Void, inputs: TaskInputs? = nil, tasks: Int = 3) throws -> (Arena, Job)
    {
        let arena = try Arena(slotCount: 1, jobBytes: 1 << 16)
        var own = JobPlan(job: 1, tasks: tasks, workload: 0, crew: 1, cpuInterval: 0, rings: false)
        if let inputs { own.note(inputs) }
        plan(&own)
        let job = arena.job(at: arena.jobsOffset)
        job.prepare(own)
        if let inputs { try job.store(inputs) }
        return (arena, job)
    }

    @Test("gives each task its own words, and all of them the shared ones")
    func inputs() throws {
        let words = [["echo", "a b"], [], ["", "ünï"]]
        let inputs = try #require(TaskInputs(shared: ["/tmp", "X=1"], tasks: words))
        let (arena, job) = try job({ $0.detailBytes = 40 }, inputs: inputs)
        #expect((0..<3).map { job.input($0).strings } == words)
        #expect(job.sharedInput.strings == ["/tmp", "X=1"])
        extendLifetime(arena)
    }

    @Test("takes no word with a NUL in it, which C would cut short")
    func nul() {
        #expect(TaskInputs(shared: [], tasks: [["a\0b"]]) == nil)
    }

    @Test("has no words where it was given none")
    func noInputs() throws {
        let (arena, job) = try job { _ in }
        #expect(job.input(1).strings == [] && job.sharedInput.strings == [])
        extendLifetime(arena)
    }

    @Test("keeps its parts apart: what is written into one stands in no other")
    func apart() throws {
        let inputs = try #require(TaskInputs(shared: ["s"], tasks: [["a"], ["b"], ["c"]]))
        let (arena, job) = try job({ ($0.detailBytes, $0.logs) = (24, 1) }, inputs: inputs)
        for task in 0..<3 {
            job.detail(task).initializeMemory(as: UInt8.self, repeating: 0xff)
            job.record(task).pointee = TaskRecord(generation: job.plan.pointee.generation)
            job.note(ended: task)
        }
        var cursor = 0
        #expect(job.view.ended(since: &cursor) == [0, 1, 2])
        #expect((0..<3).map { job.input($0).strings } == [["a"], ["b"], ["c"]])
        extendLifetime(arena)
    }

    @Test(
        "tells of ended tasks once each, in the order in which they ended, and again from nothing when it is used again"
    )
    func log() throws {
        let (arena, job) = try job({ $0.logs = 1 })
        var cursor = 0
        #expect(job.view.ended(since: &cursor) == [])
        job.note(ended: 2)
        job.note(ended: 0)
        #expect(job.view.ended(since: &cursor) == [2, 0])
        #expect(job.view.ended(since: &cursor) == [])
        job.note(ended: 1)
        #expect(job.view.ended(since: &cursor) == [1])
        // One too many, as when a task was run again.
        job.note(ended: 1)
        #expect(job.view.ended(since: &cursor) == [])
        job.prepare(job.plan.pointee)
        cursor = 0
        #expect(job.view.ended(since: &cursor) == [])
        extendLifetime(arena)
    }

    @Test("halts at as many failures as it allows, and ends what runs only if told to", arguments: [true, false])
    func halt(now: Bool) throws {
        let (arena, job) = try job({ ($0.failureLimit, $0.haltsNow) = (2, now ? 1 : 0) })
        #expect(!job.countFailure())
        #expect(job.halted.pointee.load(ordering: .relaxed) == 0)
        #expect(job.countFailure())
        #expect(job.halted.pointee.load(ordering: .relaxed) == 1)
        #expect((job.cancelled.pointee.load(ordering: .relaxed) != 0) == now)
        #expect(!job.countFailure())
        extendLifetime(arena)
    }
}

@Suite("A job's arguments")
struct ArgumentTests {
    private func arena() throws -> (Arena, Job) {
        let arena = try Arena(slotCount: 1, jobBytes: 1 << 16)
        return (arena, arena.job(at: arena.jobsOffset))
    }

    private let plan = JobPlan(job: 1, tasks: 1, workload: 0, crew: 1, cpuInterval: 0, rings: false)

    @Test("are read by name and kind, whatever their number and order, and none of an earlier job is")
    func names() throws {
        let (arena, job) = try arena()
        var block = ArgumentBlock()
        for number in 0..<40 { try block.add("number-\(number)", Int64.min + Int64(number)) }
        try block.add("first", "/tmp/a b")
        try block.add("second", "ünï")
        try block.add("", "")
        job.prepare(plan, arguments: block)
        #expect((0..<40).allSatisfy { job.arguments.number("number-\($0)") == Int64.min + Int64($0) })
        #expect(job.arguments.text("first") == "/tmp/a b" && job.arguments.text("second") == "ünï")
        #expect(job.arguments.text("") == "")
        #expect(job.arguments.number("first") == nil && job.arguments.text("number-0") == nil)
        #expect(job.arguments.number("number-40") == nil)
        job.prepare(plan)
        #expect(job.arguments.number("number-0") == nil)
        extendLifetime(arena)
    }

    @Test("fill their room to the last byte, and are refused beyond it rather than cut")
    func room() throws {
        let (arena, job) = try arena()
        var block = ArgumentBlock()
        let longest = String(repeating: "x", count: ArgumentBlock.capacity - 4 - 1)
        #expect(throws: ArgumentBlock.Full(name: "a", needed: ArgumentBlock.capacity + 1)) {
            try block.add("a", longest + "x")
        }
        #expect(block.bytes.isEmpty)
        try block.add("a", longest)
        #expect(throws: ArgumentBlock.Full.self) { try block.add("b", 1) }
        job.prepare(plan, arguments: block)
        #expect(job.arguments.text("a") == longest)
        extendLifetime(arena)
    }

    @Test("that somebody has written over read as other ones or as none, and never from beyond their room")
    func damaged() throws {
        let (arena, job) = try arena()
        var block = ArgumentBlock()
        try block.add("size", 1)
        try block.add("dir", "/tmp")
        var dice = SystemRandomNumberGenerator()
        for index in block.bytes.indices {
            for byte in [0, 1, 0xff, UInt8.random(in: 0...(.max), using: &dice)] {
                job.prepare(plan, arguments: block)
                job.base.storeBytes(of: byte, toByteOffset: Job.argumentOffset + index, as: UInt8.self)
                let text = job.arguments.text("dir")
                #expect((text?.utf8.count ?? 0) <= 3 * block.bytes.count)
                _ = job.arguments.number("size")
            }
        }
        job.plan.pointee.argumentBytes = .max
        #expect(job.arguments.number("none") == nil)
        extendLifetime(arena)
    }
}

@Suite("What a task tells beside its record")
struct TaskDetailTests {
    @Test("is a number for each column and words behind them, and nothing of what isn't there")
    func parts() {
        var bytes = [UInt8](repeating: 0, count: TaskDetail.byteCount(columns: 2, reasonBytes: 12))
        #expect(bytes.count == 2 * 8 + 8 + 16)
        bytes.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: -5, toByteOffset: 8, as: Int64.self)
            bytes.storeBytes(of: 3, toByteOffset: 16, as: UInt64.self)
            bytes.storeBytes(of: UInt8(ascii: "x"), toByteOffset: 26, as: UInt8.self)
            let detail = TaskDetail(UnsafeRawBufferPointer(bytes), columns: 2)
            #expect(detail.numbers == [0, -5] && detail[2] == 0 && detail[-1] == 0)
            #expect(detail.reason == "\0\0x")
            bytes.storeBytes(of: UInt64.max, toByteOffset: 16, as: UInt64.self)
            #expect(detail.reason.utf8.count == 16)
            #expect(TaskDetail(UnsafeRawBufferPointer(bytes), columns: 9).columns == 5)
        }
        #expect(TaskDetail.byteCount(columns: 0, reasonBytes: 0) == 0)
        let none = TaskDetail(UnsafeRawBufferPointer(start: nil, count: 0), columns: 3)
        #expect(none.numbers.isEmpty && none.reason.isEmpty)
    }
}
