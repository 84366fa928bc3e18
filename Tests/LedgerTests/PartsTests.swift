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
            job.detail(task).initializeMemory(as: UInt8.self, repeating: 0xff, count: 24)
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
