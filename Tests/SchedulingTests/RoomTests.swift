import Testing

@testable import Scheduling

@Suite("When workers are scarce, the pool machine")
struct RoomTests {
    private static let greedy: UInt32 = 1000
    private static let modest: UInt32 = 1001
    private static let processes = PoolKind.processes(threads: 1)

    /// A machine whose floors are up.
    private func world(
        threads: Int = 4, processes: Int = 4, limit: Int = 8, isShared: Bool = false
    ) -> Simulation {
        var policy = PoolPolicy(threadFloor: threads, processFloor: processes)
        policy.workerLimit = limit
        policy.isShared = isShared
        var world = Simulation(policy: policy, seed: 1)
        world.step(.begin)
        world.settle(steps: 100)
        return world
    }

    private func busy(_ limit: String, _ allowed: Int, of user: UInt32?) -> (Refusal?) -> Bool {
        { refusal in
            guard case .busy(limit, allowed, user, _) = refusal else { return false }
            return true
        }
    }

    @Test("gives idle workers above a floor up for a cold run, which starts its own once they are gone")
    func idleAboveFloor() throws {
        var world = world(threads: 1, processes: 1, limit: 8)
        world.step(.submit(1, LeaseRequest(kind: Self.processes, units: 7)))
        while world.ended[1] == nil { world.advance(deaths: false) }
        #expect(world.machine.workerCount == 8)
        let cold = LeaseRequest(kind: Self.processes, units: 4, cold: .fresh)
        #expect(world.machine.saidRefusal(of: cold, queueLimit: 9, at: world.now) == nil)
        world.step(.submit(2, cold))
        #expect(world.machine.jobs[2]?.state == .queued)
        #expect(world.machine.stoppingUnits.count == 4)
        #expect(world.machine.isEveryFloorReady)
        for _ in 0..<100 where world.machine.jobs[2]?.state == .queued { world.advanceArrivals() }
        #expect(world.machine.jobs[2]?.crew.count == 4)
        world.settle()
        let phases = try #require(world.ended[2]).stamps.phases
        // Waiting for room is no start-up.
        #expect(phases.startup > 0 && phases.queue >= 0)
        #expect(world.broken.isEmpty)
    }

    @Test("gives floors up for a cold run where they fill the limit, one run after the other, and refills them")
    func floorsAtLimit() throws {
        var world = world(limit: 8)
        for id in JobID(1)...5 {
            let cold = LeaseRequest(kind: Self.processes, units: 6, cold: .exec)
            #expect(world.machine.saidRefusal(of: cold, queueLimit: 9, at: world.now) == nil, "run \(id)")
            world.step(.submit(id, cold))
            var steps = 0
            while world.ended[id] == nil, steps < 200 {
                world.advance(deaths: false)
                steps += 1
            }
            #expect(try #require(world.ended[id]).cancelled == nil)
        }
        world.settle()
        #expect(world.machine.isEveryFloorReady)
        #expect(world.machine.workerCount == 8)
        #expect(world.broken.isEmpty)
    }

    @Test("brings floors back at once with what another pool has idle above its own, and says why they were short")
    func floorsFirst() throws {
        var world = world(limit: 8)
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 3), units: 2)))
        for _ in 0..<100 where world.machine.jobs[1]?.state != .running { world.advanceArrivals() }
        world.step(.crewLeft(1))
        for _ in 0..<100 where world.ended[1] == nil { world.advanceArrivals() }
        #expect(world.machine.members(of: .processes(threads: 3)).isEmpty)
        #expect(!world.machine.isEveryFloorReady)
        let lacking = try #require(
            [PoolKind.threads, Self.processes].first { world.machine.members(of: $0).count < 4 })
        world.step(.submit(2, LeaseRequest(kind: lacking, units: 4)))
        let start = world.now
        for _ in 0..<100 where world.ended[2] == nil { world.advance(deaths: false) }
        #expect(world.ended[2]?.reason == .poolTooSmall)
        #expect(world.now - start < world.machine.policy.idleNanoseconds)
        world.settle()
        #expect(world.machine.isEveryFloorReady)
        #expect(world.broken.isEmpty)
    }

    @Test("lets a pool grow with what another one has idle, though not with what its next job needs")
    func growth() {
        var world = world(limit: 8)
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 2)))
        // It waits for the two that are busy, and needs all four.
        world.step(.submit(2, LeaseRequest(kind: .threads, units: 4)))
        let growing = LeaseRequest(kind: Self.processes, units: 5)
        #expect(busy("workers", 8, of: nil)(world.machine.saidRefusal(of: growing, queueLimit: 9, at: world.now)))
        world.step(.cancel(2, .request))
        #expect(world.machine.saidRefusal(of: growing, queueLimit: 9, at: world.now) == nil)
        world.step(.submit(3, growing))
        world.settle()
        #expect(Set(world.ended.keys) == [1, 2, 3])
        #expect(world.ended[3]?.reason == .poolTooSmall)
    }

    @Test("has jobs of two pools that both lack workers end, one after the other")
    func standstill() {
        var world = world(limit: 12)
        for (id, kind) in [(JobID(1), PoolKind.threads), (2, Self.processes)] {
            world.step(.submit(id, LeaseRequest(kind: kind, units: 4)))
            world.step(.submit(id + 2, LeaseRequest(kind: kind, units: 5)))
            world.step(.submit(id + 4, LeaseRequest(kind: kind, units: 11)))
        }
        world.settle()
        #expect(Set(world.ended.keys) == Set(1...6))
        #expect(world.broken.isEmpty)
    }

    @Test("has one user's 65 long jobs cost another one a worker's start, and none of his jobs a turn")
    func greed() throws {
        var world = world(limit: 64, isShared: true)
        var accepted = 0
        for id in JobID(1)...65 {
            let request = LeaseRequest(kind: .threads, units: 4, user: Self.greedy)
            if world.machine.saidRefusal(of: request, queueLimit: 64, at: world.now) == nil {
                world.step(.submit(id, request))
                accepted += 1
            } else {
                #expect(
                    busy("queued jobs", 48, of: Self.greedy)(
                        world.machine.saidRefusal(of: request, queueLimit: 64, at: world.now)))
            }
        }
        // One runs, and three quarters of the queue are his.
        #expect(accepted == 49)
        let modest = LeaseRequest(kind: .threads, units: 4, user: Self.modest)
        #expect(world.machine.saidRefusal(of: modest, queueLimit: 64, at: world.now) == nil)
        world.step(.submit(100, modest))
        for _ in 0..<10 { world.advanceArrivals() }
        #expect(world.machine.jobs[100]?.state == .running)
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.machine.jobs[100]?.reason == .poolBusy)
        #expect(world.ended.isEmpty)
        // His next one waits for no more than one of the other's.
        world.step(.submit(101, modest))
        world.step(.crewLeft(1))
        #expect(world.machine.jobs[101]?.state == .running || world.machine.jobs[2]?.state == .running)
        world.step(.crewLeft(100))
        #expect(world.machine.jobs[101]?.state == .running)
    }

    @Test("grows for the job that is next, though one stands before it whose user has all of his share")
    func nextInTurn() {
        var policy = PoolPolicy(threadFloor: 0, processFloor: 0)
        policy.workerLimit = 8
        policy.growsBusyPools = true
        policy.isShared = true
        policy.busyPatienceNanoseconds = 10_000_000
        var world = Simulation(policy: policy, seed: 1)
        world.step(.begin)
        func submit(_ id: JobID, _ units: Int, _ user: UInt32) {
            world.step(.submit(id, LeaseRequest(kind: .threads, units: units, user: user)))
            for _ in 0..<10 { world.advanceArrivals() }
        }
        submit(1, policy.maximumWorkers(of: Self.greedy) - 1, Self.greedy)
        submit(2, 1, Self.modest)
        #expect(world.machine.runningJobs.sorted() == [1, 2])
        submit(3, 2, Self.greedy)
        world.now += 1_000_000_000
        submit(4, 1, Self.modest)
        let due = world.machine.nextDeadline ?? .max
        #expect(due <= world.now + 10_000_000)
        world.now = due
        world.step(.tick)
        for _ in 0..<10 { world.advanceArrivals() }
        #expect(world.machine.runningJobs.sorted() == [1, 2, 4])
        #expect(world.broken == [])
    }

    @Test("serves users in turn, whoever has asked how often before")
    func turns() {
        var world = world(limit: 8, isShared: true)
        for id in JobID(1)...10 {
            world.step(.submit(id, LeaseRequest(kind: .threads, units: 4, user: Self.greedy)))
        }
        for (id, user) in [(JobID(20), UInt32(2000)), (21, 2001), (22, 2000)] {
            world.step(.submit(id, LeaseRequest(kind: .threads, units: 4, user: user)))
        }
        var order: [JobID] = []
        while let running = world.machine.runningJobs.first {
            order.append(running)
            world.step(.crewLeft(running))
        }
        #expect(order.prefix(7) == [1, 2, 20, 21, 3, 22, 4])
    }

    @Test("leaves workers to others, and to root, however many one user asks for")
    func shares() {
        var world = world(threads: 0, processes: 0, limit: 64, isShared: true)
        // Root's own are four of 64; of the others' 60 one user may have 45.
        func cold(_ units: Int, _ user: UInt32) -> LeaseRequest {
            LeaseRequest(kind: Self.processes, units: units, cold: .fresh, user: user)
        }
        #expect(
            world.machine.saidRefusal(of: cold(46, Self.greedy), queueLimit: 9, at: world.now)
                == .tooMuch(limit: "workers", value: 46, allowed: 45))
        var id: JobID = 0
        func fill(_ user: UInt32) {
            while world.machine.saidRefusal(of: cold(1, user), queueLimit: 9, at: world.now) == nil {
                id += 1
                world.step(.submit(id, cold(1, user)))
            }
        }
        fill(Self.greedy)
        #expect(world.machine.workerCount == 45)
        #expect(
            busy("workers", 45, of: Self.greedy)(
                world.machine.saidRefusal(of: cold(1, Self.greedy), queueLimit: 9, at: world.now)))
        for user in UInt32(1001)...1100 { fill(user) }
        #expect(world.machine.workerCount == 60)
        #expect(world.machine.saidRefusal(of: cold(4, 0), queueLimit: 9, at: world.now) == nil)
        fill(0)
        #expect(world.machine.workerCount == 64)
        world.settle()
        #expect(world.machine.workerShares.used == 0)
        #expect(world.broken.isEmpty)
    }

    @Test("lets root queue, however many jobs of others wait")
    func rootQueues() {
        var world = world(limit: 64, isShared: true)
        var id: JobID = 0
        for user in UInt32(1000)...1100 {
            let request = LeaseRequest(kind: .threads, units: 4, user: user)
            while world.machine.saidRefusal(of: request, queueLimit: 8, at: world.now) == nil {
                id += 1
                world.step(.submit(id, request))
            }
        }
        #expect(world.machine.queuedJobs == 8)
        let request = LeaseRequest(kind: .threads, units: 4, user: 0)
        #expect(world.machine.saidRefusal(of: request, queueLimit: 8, at: world.now) == nil)
    }
}
