import Testing

@testable import Scheduling

@Suite("Where clients hold workers for as long as they want, the pool machine")
struct HeldTests {
    private static let processes = PoolKind.processes(threads: 1)

    private func world(limit: Int = 16) -> Simulation {
        var policy = PoolPolicy(threadFloor: 2, processFloor: 4)
        policy.workerLimit = limit
        var world = Simulation(policy: policy, seed: 1)
        world.step(.begin)
        world.settle(steps: 100)
        return world
    }

    private func lease(_ units: Int) -> LeaseRequest {
        LeaseRequest(kind: Self.processes, units: units, isHeld: true)
    }

    @Test("gives them warm workers, and starts others for the floor")
    func warm() {
        var world = world()
        world.step(.submit(1, lease(3)))
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.machine.jobs[1]?.reason == nil)
        #expect(world.machine.pools[Self.processes]?.size == 4)
        #expect(world.machine.members(of: Self.processes).count == 7)
        #expect(world.broken == [])
    }

    @Test("starts workers for a run rather than having it wait for theirs")
    func runs() {
        var world = world()
        world.step(.submit(1, lease(4)))
        world.step(.submit(2, LeaseRequest(kind: Self.processes, units: 6)))
        for _ in 0..<40 where world.machine.jobs[2]?.state != .running { world.advanceArrivals() }
        #expect(world.machine.jobs[2]?.state == .running)
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.broken == [])
    }

    @Test("leaves a quarter of all workers to runs")
    func limit() {
        var world = world(limit: 16)
        #expect(
            world.machine.saidRefusal(of: lease(13), queueLimit: 9, at: world.now)
                == .tooMuch(limit: "leased workers", value: 13, allowed: 12))
        world.step(.submit(1, lease(8)))
        #expect(
            world.machine.saidRefusal(of: lease(5), queueLimit: 9, at: world.now)
                == .busy(limit: "leased workers", allowed: 12))
        #expect(world.machine.saidRefusal(of: lease(4), queueLimit: 9, at: world.now) == nil)
    }

    @Test("replaces one that dies for the same client, and has them all back when it is gone")
    func replacement() throws {
        var world = world()
        world.step(.submit(1, lease(2)))
        let victim = try #require(world.machine.jobs[1]?.units.first.flatMap { world.machine.units[$0]?.process })
        world.step(.processGone(victim, at: world.now))
        for _ in 0..<20 { world.advanceArrivals() }
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.machine.jobs[1]?.atWork.count == 2)
        #expect(world.machine.jobs[1]?.deaths == 1)
        #expect(world.machine.pools[Self.processes]?.held == 2)
        world.step(.cancel(1, .released))
        world.settle(steps: 400)
        #expect(world.ended[1]?.cancelled == .released)
        #expect(world.machine.pools[Self.processes]?.held == 0)
        #expect(world.machine.busyWorkers == 0)
        #expect(world.broken == [])
    }

    @Test("replaces one at once that dies after a task, or long after it came, and others after a pause")
    func pauses() throws {
        var world = world()
        world.step(.submit(1, lease(2)))
        func kill(hasWorked: Bool) throws {
            let victim = try #require(world.machine.jobs[1]?.units.last.flatMap { world.machine.units[$0]?.process })
            world.step(.processGone(victim, at: world.now, hasWorked: hasWorked))
        }
        func comeBack() { for _ in 0..<60 where world.machine.jobs[1]?.atWork.count != 2 { world.advanceArrivals() } }
        try kill(hasWorked: true)
        #expect(world.machine.jobs[1]?.units.count == 2)
        comeBack()
        world.now += PoolPolicy.youthNanoseconds
        try kill(hasWorked: false)
        #expect(world.machine.jobs[1]?.units.count == 2)
        // Those that were idle in the pool are there at once, and were up for long.
        for _ in 0..<10 where world.machine.jobs[1]?.units.count == 2 {
            comeBack()
            try kill(hasWorked: false)
        }
        #expect(world.machine.jobs[1]?.units.count == 1)
        world.now += PoolPolicy(threadFloor: 0, processFloor: 0).startRetryNanoseconds
        world.step(.tick)
        #expect(world.machine.jobs[1]?.units.count == 2)
        #expect(world.broken == [])
    }

    @Test("goes on for a client whose workers have all died at once")
    func allGone() {
        var world = world()
        world.step(.submit(1, lease(2)))
        let victims = world.machine.jobs[1]?.units.compactMap { world.machine.units[$0]?.process } ?? []
        for victim in victims { world.step(.processGone(victim, at: world.now)) }
        for _ in 0..<60 where world.machine.jobs[1]?.atWork.count != 2 { world.advance(deaths: false) }
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.broken == [])
    }

    @Test("goes on for a client whose workers have all left")
    func allLeft() {
        var world = world()
        world.step(.submit(1, lease(2)))
        world.step(.crewLeft(1))
        #expect(world.machine.jobs[1]?.state == .settling)
        world.step(.settled(1, again: 1))
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.machine.jobs[1]?.atWork.count == 2)
        #expect(world.broken == [])
    }

    @Test("gives a client's job up that its workers leave each time as soon as they have it, and pauses before")
    func desertions() throws {
        var world = world()
        world.step(.submit(1, lease(2)))
        for round in 1..<world.machine.policy.startFailureLimit {
            world.step(.crewLeft(1))
            world.step(.settled(1, again: 1))
            if round > 1 {
                #expect(world.machine.jobs[1]?.state == .regrouping)
                world.now = try #require(world.machine.nextDeadline)
                world.step(.tick)
            }
            #expect(world.machine.jobs[1]?.state == .running)
        }
        world.step(.crewLeft(1))
        world.step(.settled(1, again: 1))
        #expect(world.machine.jobs[1]?.failureReason?.contains("can't join") == true)
        #expect(world.broken == [])
    }

    @Test("goes on for a client whose workers leave now and then")
    func leaving() {
        var world = world()
        world.step(.submit(1, lease(2)))
        for _ in 1...20 {
            world.now += PoolPolicy.youthNanoseconds
            world.step(.crewLeft(1))
            world.step(.settled(1, again: 1))
            #expect(world.machine.jobs[1]?.state == .running)
        }
    }

    @Test("has idle ones leave when a run waits for room, and makes up for them once nobody waits")
    func idle() throws {
        var world = world(limit: 8)
        world.step(.submit(1, lease(6)))
        for _ in 0..<40 where world.machine.jobs[1]?.state != .running { world.advanceArrivals() }
        let run = LeaseRequest(kind: .threads, units: 4)
        // As long as nobody is idle, there is nothing to wait for.
        #expect(world.machine.saidRefusal(of: run, queueLimit: 9, at: world.now) != nil)
        #expect(world.machine.saidRefusal(of: run, queueLimit: 9, idleHeld: 5, at: world.now) == nil)
        world.step(.submit(2, run))
        #expect(world.machine.heldWanted == 2)
        let idle = Array(world.machine.jobs[1]?.units.suffix(2) ?? [])
        world.step(.unitsLeft(1, idle))
        for _ in 0..<60 where world.machine.jobs[2]?.state != .running { world.advanceArrivals() }
        #expect(world.machine.jobs[2]?.state == .running)
        #expect(world.machine.heldWanted == 0)
        #expect(world.machine.jobs[1]?.state == .running && world.machine.jobs[1]?.units.count == 4)
        // The run's workers go when they have been idle for long enough.
        world.step(.crewLeft(2))
        for _ in 0..<400 where world.machine.jobs[1]?.atWork.count != 6 {
            world.now += 1_000_000_000
            world.step(.tick)
            world.advanceArrivals()
        }
        #expect(world.machine.jobs[1]?.atWork.count == 6)
        #expect(world.broken == [])
    }

    @Test("leaves a job alone that has ended when its idle workers are said to have left")
    func late() {
        var world = world()
        world.step(.submit(1, lease(2)))
        let units = world.machine.jobs[1]?.units ?? []
        world.step(.cancel(1, .released))
        world.settle(steps: 400)
        world.step(.unitsLeft(1, units))
        #expect(world.machine.busyWorkers == 0)
        #expect(world.broken == [])
    }

    @Test("ends them when it drains")
    func draining() {
        var world = world()
        world.step(.submit(1, lease(2)))
        world.step(.drain)
        world.settle(steps: 400)
        #expect(world.ended[1]?.cancelled == .shutdown)
        #expect(world.machine.workerCount == 0)
    }
}
