import Scheduling
import Testing

@Suite("When workers die or don't come up, the pool machine")
struct FaultTests {
    private static let processes = PoolKind.processes(threads: 1)

    private func world(threads: Int = 4, processes: Int = 4) -> Simulation {
        var world = Simulation(policy: PoolPolicy(threadFloor: threads, processFloor: processes), seed: 1)
        world.step(.begin)
        world.settle(steps: 100)
        return world
    }

    private func process(of job: JobID, seat: Int, in world: Simulation) throws -> ProcessID {
        let unit = try #require(world.machine.jobs[job]?.crew[seat])
        return try #require(world.machine.units[unit]).process
    }

    @Test("ends runs that need a runtime that is broken, with its reason, and lets the warm ones go on")
    func brokenRuntime() throws {
        var world = world()
        world.step(.submit(1, LeaseRequest(kind: Self.processes, units: 4)))
        world.step(.submit(2, LeaseRequest(kind: Self.processes, units: 2, cold: .fresh)))
        world.step(.submit(3, LeaseRequest(kind: Self.processes, units: 6)))
        world.breakRuntime(.native)
        #expect(world.machine.jobs[1]?.cancelled == nil)
        for job in JobID(2)...3 {
            #expect(world.machine.jobs[job]?.failureReason == "no such file")
        }
        world.step(.submit(4, LeaseRequest(kind: .threads, units: 4)))
        world.step(.submit(5, LeaseRequest(kind: .threads, units: 5)))
        #expect(world.machine.jobs[4]?.state == .running)
        #expect(world.machine.jobs[5]?.failureReason == "no such file")
        // Another runtime has workers of its own.
        world.step(.submit(6, LeaseRequest(kind: PoolKind(.threads, runtime: .blas), units: 1)))
        #expect(world.machine.jobs[6]?.cancelled == nil)
        world.mendRuntimes()
        world.step(.submit(7, LeaseRequest(kind: .threads, units: 5)))
        world.settle()
        #expect(try #require(world.ended[7]).cancelled == nil)
        #expect(try #require(world.ended[1]).cancelled == nil)
        #expect(world.broken.isEmpty)
    }

    @Test("starts the workers that several runs have lost as far as a lowered limit allows, one run after the other")
    func lowered() throws {
        var world = world(threads: 0, processes: 5)
        for job in 1...5 as ClosedRange<JobID> {
            world.step(.submit(job, LeaseRequest(kind: Self.processes, units: 1)))
        }
        var policy = world.machine.policy
        policy.workerLimit = 4
        world.step(.policy(policy))
        // The last one is at its task for as long as it takes.
        for job in 1...4 as ClosedRange<JobID> {
            world.step(.processGone(try process(of: job, seat: 0, in: world), at: world.now))
            world.step(.settled(job, again: 1))
        }
        #expect(world.machine.workerCount == 1)
        world.now += policy.longestStartRetryNanoseconds
        world.step(.tick)
        #expect(world.machine.workerCount == 4)
        #expect((1...4).map { world.machine.jobs[$0]?.crew.contains(nil) } == [false, false, false, true])
        #expect(world.machine.jobs[4]?.cancelled == nil)
    }

    @Test("takes an idle worker from a run that waits for more of them, for one that has lost its own")
    func hoarded() throws {
        var world = world(threads: 1, processes: 3)
        var policy = world.machine.policy
        policy.workerLimit = 4
        world.step(.policy(policy))
        world.step(.submit(1, LeaseRequest(kind: Self.processes, units: 3)))
        world.step(.submit(2, LeaseRequest(kind: .threads, units: 2)))
        #expect(world.machine.jobs[1]?.state == .running && world.machine.jobs[2]?.state == .queued)
        policy.workerLimit = 3
        world.step(.policy(policy))
        for seat in 0..<3 { world.step(.processGone(try process(of: 1, seat: seat, in: world), at: world.now)) }
        world.step(.settled(1, again: 3))
        world.settle()
        for job in 1...2 as ClosedRange<JobID> { #expect(try #require(world.ended[job]).cancelled == nil) }
        #expect(world.broken.isEmpty)
    }

    @Test("ends a run whose workers have all died and are more than a lowered limit allows")
    func loweredBelow() throws {
        var world = world(threads: 0, processes: 3)
        world.step(.submit(1, LeaseRequest(kind: Self.processes, units: 3)))
        var policy = world.machine.policy
        policy.workerLimit = 2
        world.step(.policy(policy))
        for seat in 0..<3 { world.step(.processGone(try process(of: 1, seat: seat, in: world), at: world.now)) }
        world.step(.settled(1, again: 3))
        #expect(world.machine.jobs[1]?.failureReason == "the limit on workers is 2 by now")
    }

    @Test("has a run go on with the workers that it has left where none can be started for the others")
    func goingOn() throws {
        var world = world()
        world.step(.submit(1, LeaseRequest(kind: Self.processes, units: 2)))
        world.breakRuntime(.native)
        world.step(.processGone(try process(of: 1, seat: 0, in: world), at: world.now))
        #expect(world.machine.jobs[1]?.state == .running)
        world.step(.crewLeft(1))
        world.step(.settled(1, again: 3))
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.machine.jobs[1]?.deaths == 1)
        world.step(.processGone(try process(of: 1, seat: 1, in: world), at: world.now))
        world.step(.settled(1, again: 3))
        #expect(world.machine.jobs[1]?.failureReason != nil)
        #expect(world.machine.jobs[1]?.deaths == 2)
    }

    @Test("waits from the first failed start on, and for a second at most, so that service is soon back")
    func pauses() throws {
        var world = world(threads: 0, processes: 0)
        world.step(.resize(Self.processes, 1))
        var last = world.now
        for round in 0..<12 {
            let process = try #require(world.machine.processes.keys.first)
            world.step(.processGone(process, at: world.now, reason: "clone: no memory"))
            #expect(world.machine.processes.isEmpty)
            let due = try #require(world.machine.nextDeadline)
            #expect(due - last == min(100_000_000 << UInt64(round), 1_000_000_000))
            world.now = due
            last = due
            world.step(.tick)
        }
        // Warm runs of another pool know nothing of it.
        world.step(.resize(.threads, 2))
        for _ in 0..<40 where world.machine.members(of: .threads).contains(where: { $0.state != .ready }) {
            world.advanceArrivals()
        }
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 2)))
        #expect(world.machine.jobs[1]?.state == .running)
    }

    @Test("calls a run whose last worker was replaced by that reason, and no other")
    func replacedReason() throws {
        var world = world()
        world.step(.submit(1, LeaseRequest(kind: Self.processes, units: 1)))
        world.step(.submit(2, LeaseRequest(kind: Self.processes, units: 2)))
        for job in JobID(1)...2 { world.step(.processGone(try process(of: job, seat: 0, in: world), at: world.now)) }
        world.step(.settled(1, again: 1))
        world.step(.crewLeft(2))
        world.step(.settled(2, again: 1))
        #expect(world.machine.jobs[1]?.reason == .workerReplaced)
        #expect(world.machine.jobs[2]?.reason == nil)
        #expect([1, 2].map { world.machine.jobs[$0]?.deaths } == [1, 1])
    }

    @Test("counts growth as start-up where a run had to wait for busy workers meanwhile, and calls it cold")
    func growthMeanwhile() throws {
        var world = world()
        world.step(.submit(1, LeaseRequest(kind: Self.processes, units: 4)))
        let accepted = world.now
        world.step(.submit(2, LeaseRequest(kind: Self.processes, units: 6)))
        let new = world.machine.members(of: Self.processes).filter { $0.state == .starting }.map(\.id)
        #expect(new.count == 2)
        world.now = accepted + 3_000
        world.step(.unitsReady(Dictionary(uniqueKeysWithValues: new.map { ($0, accepted + 2_000) })))
        #expect(world.machine.jobs[2]?.state == .queued)
        world.now = accepted + 10_000
        world.step(.crewLeft(1))
        let job = try #require(world.machine.jobs[2])
        #expect(job.reason == .poolTooSmall)
        #expect(job.stamps.ready == accepted + 10_000)
        #expect(job.stamps.leased == accepted + 8_000)
    }
}
