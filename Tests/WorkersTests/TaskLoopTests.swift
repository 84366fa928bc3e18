import Linux
import Synchronization
import Testing
import Workloads

@testable import Ledger
@testable import Workers

/// A worker at a job that no pool runs: the test itself gives it its tasks.
private final class Bench {
    let arena: Arena
    let job: Job
    let worker: Worker
    private let event: Descriptor

    /// - Parameter table: the tasks of a further round; nil for the first one, over all of them.
    init(tasks: Int, crew: Int = 1, table: [UInt32]? = nil, _ change: (inout JobPlan) -> Void = { _ in }) throws {
        arena = try Arena(slotCount: 1, jobBytes: 1 << 20)
        event = try .event()
        var plan = JobPlan(job: 9, tasks: tasks, workload: 0, crew: crew, cpuInterval: 0, rings: false)
        change(&plan)
        job = arena.job(at: arena.jobsOffset)
        job.prepare(plan)
        if let table {
            let start = arena.jobsOffset + plan.layout.byteCount
            for (index, task) in table.enumerated() { arena.table(at: start)[index] = task }
            job.reissue(table: start..<start + table.count * MemoryLayout<UInt32>.stride, crew: crew)
        }
        let slot = arena.slot(0)
        slot.reset()
        slot.seat.pointee = 3
        worker = Worker(arena: arena, number: 0, event: event.raw)
    }

    func run(limit: UInt64? = nil, _ body: @escaping (Int) throws(TaskFailure) -> Int64) {
        var loop = TaskLoop(worker: worker, job: job)
        if let limit { loop.limit(to: limit) }
        loop.run(Body(body: body))
    }

    var statuses: [TaskRecord.Status] {
        (0..<Int(job.plan.pointee.tasks)).map { task in
            let record = job.record(task).pointee
            return record.generation == job.plan.pointee.generation ? record.status : .pending
        }
    }

    /// How many tasks have been claimed so far.
    var claimed: Int { Int(job.next.pointee.load(ordering: .relaxed)) }
}

private struct Body: Workload {
    let body: (Int) throws(TaskFailure) -> Int64

    mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 { try body(task.task) }
}

@Suite("The loop over a job's tasks")
struct TaskLoopTests {
    @Test("claims no more tasks than it is to do, however small they are", arguments: [0, 1, 7, 1000] as [UInt64])
    func limit(count: UInt64) throws {
        let bench = try Bench(tasks: 500)
        bench.run(limit: count) { _ in 0 }
        let done = Int(min(count, 500))
        #expect(bench.claimed >= done && bench.statuses.filter { $0 == .ok }.count == done)
        if count < 500 { #expect(bench.claimed == done) }
    }

    @Test("does each task once, in order, and stamps its record")
    func all() throws {
        let bench = try Bench(tasks: 100)
        var done: [Int] = []
        let before = Monotonic.now()
        bench.run {
            done.append($0)
            return Int64($0) * 2
        }
        let after = Monotonic.now()
        #expect(done == Array(0..<100))
        #expect(bench.worker.slot.done.pointee.load(ordering: .relaxed) == 100)
        var end = before
        for task in 0..<100 {
            let record = bench.job.record(task).pointee
            #expect(record.status == .ok && record.value == Int64(task) * 2)
            #expect(record.start >= end && record.stop >= record.start && record.stop <= after)
            #expect(record.pid == UInt32(ThisProcess.pid) && record.seat == 3)
            end = record.stop
        }
    }

    @Test(
        "claims tiny tasks many at a time, and never more than half of its part of those that are left",
        arguments: [1, 4])
    func batches(crew: Int) throws {
        let bench = try Bench(tasks: 2000, crew: crew)
        var claims: [Int] = []
        bench.run { _ in
            if claims.last != bench.claimed { claims.append(bench.claimed) }
            return 0
        }
        #expect(claims.first == 1)
        var largest = 0
        for (claim, next) in zip(claims, claims.dropFirst()) {
            largest = max(largest, min(next, 2000) - claim)
            #expect(next - claim <= max(1, (2000 - claim) / (2 * crew)))
        }
        #expect(largest > 1)
    }

    @Test("claims tasks that take their time one at a time")
    func single() throws {
        let bench = try Bench(tasks: 20)
        var isSingle = true
        bench.run { task in
            isSingle = isSingle && bench.claimed == task + 1
            let end = Monotonic.now() + 50_000
            while Monotonic.now() < end {}
            return 0
        }
        #expect(isSingle)
    }

    @Test("does only the tasks of the table in a further round")
    func table() throws {
        let bench = try Bench(tasks: 10, table: [7, 2, 9])
        var done: [Int] = []
        bench.run {
            done.append($0)
            return 0
        }
        #expect(done == [7, 2, 9])
    }

    @Test(
        "begins no further task once as many have failed as the plan allows, and tells the daemon where those that run are to end",
        arguments: [false, true])
    func halted(now: Bool) throws {
        let bench = try Bench(tasks: 50) { plan in
            plan.failureLimit = 2
            plan.haltsNow = now ? 1 : 0
        }
        bench.run { task throws(TaskFailure) in
            if task % 2 == 1 { throw TaskFailure(number: 5, code: 6) }
            return 0
        }
        #expect(bench.statuses == [.ok, .failed, .ok, .failed] + Array(repeating: .pending, count: 46))
        #expect(TaskFailure(bits: bench.job.record(3).pointee.failure) == TaskFailure(number: 5, code: 6))
        #expect(bench.job.halted.pointee.load(ordering: .relaxed) == 1)
        #expect(bench.job.cancelled.pointee.load(ordering: .relaxed) == (now ? 1 : 0))
        #expect(bench.arena.header.news.pointee.load(ordering: .relaxed) == (now ? 1 : 0))
    }

    @Test("begins no task once the job is cancelled, and takes one that ends early for cancelled")
    func cancelled() throws {
        let bench = try Bench(tasks: 10)
        bench.run { task throws(TaskFailure) in
            if task < 2 { return 0 }
            bench.job.cancel()
            throw .cancelled
        }
        #expect(bench.statuses == [.ok, .ok, .cancelled] + Array(repeating: .pending, count: 7))
        var isBegun = false
        bench.run { _ in
            isBegun = true
            return 0
        }
        #expect(!isBegun)
    }

    @Test("counts each task of a reading of the processor's clock, and reads it once an interval")
    func meter() {
        var meter = CPUMeter(interval: 1_000_000_000)
        let start = Monotonic.now()
        let early = [start, start + 1].map { meter.read(at: $0)?.tasks }
        #expect(early == [nil, nil])
        let before = ThreadCPU.now()
        while ThreadCPU.now() < before + 2_000_000 {}
        let reading = meter.read(at: start + 2_000_000_000)
        #expect(reading?.tasks == 3 && reading.map { $0.nanoseconds >= 2_000_000 } == true)
        let late = [start + 2_000_000_001, start + 4_000_000_000].map { meter.read(at: $0)?.tasks }
        #expect(late == [nil, 2])
        var none = CPUMeter(interval: 0)
        let reads = none.read(at: .max) != nil
        #expect(!reads)
    }
}
