import Testing

@testable import Scheduling

@Suite("A pool whose workers are busy")
struct BusyPoolTests {
    private func warm(limit: Int = 256, grows: Bool = true, patience: UInt64 = 0) -> Simulation {
        var policy = PoolPolicy(threadFloor: 4, processFloor: 4)
        policy.growsBusyPools = grows
        policy.busyPatienceNanoseconds = patience
        policy.workerLimit = limit
        var world = Simulation(policy: policy, seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        return world
    }

    private func request(_ units: Int, waits: Bool = false, isInner: Bool = false) -> LeaseRequest {
        var request = LeaseRequest(kind: .threads, units: units)
        request.waits = waits
        request.isInner = isInner
        return request
    }

    private func refusal(of request: LeaseRequest, in world: Simulation) -> Refusal? {
        world.machine.saidRefusal(of: request, queueLimit: 64, at: world.now)
    }

    @Test("grows for a job that would have to wait, by what is lacking, and says why it was cold")
    func growth() {
        var world = warm()
        world.step(.submit(1, request(3)))
        #expect(!world.machine.saidMustWait(request(2)))
        world.step(.submit(2, request(2)))
        #expect(world.machine.members(of: .threads).count == 5)
        world.advanceArrivals()
        #expect(world.machine.jobs[2]?.state == .running)
        #expect(world.machine.jobs[2]?.reason == .poolBusy)
    }

    @Test("waits a while whether they leave before it grows, unless the job may wait for nobody")
    func patience() {
        var world = warm(patience: 10_000_000)
        world.step(.submit(1, request(4)))
        world.step(.submit(2, request(1)))
        let accepted = world.now
        #expect(world.machine.members(of: .threads).count == 4)
        #expect(world.machine.nextDeadline == accepted + 10_000_000)
        world.step(.submit(3, request(1, isInner: true)))
        #expect(world.machine.members(of: .threads).count == 5)
        world.now = accepted + 10_000_000
        world.step(.tick)
        #expect(world.machine.members(of: .threads).count == 6)
        #expect(world.machine.nextDeadline.map { $0 > world.now } != false)
    }

    @Test("waits longer while others leave it, but not for ever")
    func turnover() {
        var world = warm(patience: 10_000_000)
        for id in JobID(1)...4 { world.step(.submit(id, request(1))) }
        for id in JobID(5)...60 { world.step(.submit(id, request(1))) }
        let accepted = world.now
        // One leaves every 8 ms: as soon as the next one can't be served within its ten-fold patience, the pool grows.
        for id in JobID(1)...12 {
            world.now = accepted + UInt64(id) * 8_000_000
            world.step(.tick)
            #expect(world.machine.members(of: .threads).count == 4, "after \(8 * id) ms")
            world.step(.crewLeft(id))
        }
        world.now = accepted + 100_000_000
        world.step(.tick)
        #expect(world.machine.members(of: .threads).count > 4)
    }

    @Test("grows for one after the other of those that wait, and for all who have waited too long")
    func oneByOne() {
        var world = warm(patience: 10_000_000)
        world.step(.submit(1, request(4)))
        for id in JobID(2)...31 { world.step(.submit(id, request(1))) }
        let accepted = world.now
        for round in 1...9 {
            world.now = accepted + UInt64(round) * 10_000_000
            world.step(.tick)
            #expect(world.machine.members(of: .threads).count == 4 + round)
            #expect(world.machine.nextDeadline == world.now + 10_000_000)
        }
        world.now = accepted + 100_000_000
        world.step(.tick)
        #expect(world.machine.members(of: .threads).count == 34)
    }

    @Test("goes back to its floor afterwards")
    func shrinking() {
        var world = warm()
        for id in JobID(1)...4 { world.step(.submit(id, request(4))) }
        #expect(world.machine.members(of: .threads).count == 16)
        world.settle(steps: 400)
        #expect(world.machine.members(of: .threads).count == 4)
        #expect(world.broken.isEmpty)
    }

    @Test("doesn't for a job that wants to wait, nor where the settings say so", arguments: [true, false])
    func waiting(grows: Bool) {
        var world = warm(grows: grows)
        world.step(.submit(1, request(3)))
        #expect(world.machine.saidMustWait(request(2, waits: grows)))
        world.step(.submit(2, request(2, waits: grows)))
        #expect(world.machine.jobs[2]?.state == .queued)
        #expect(world.machine.members(of: .threads).count == 4)
        world.step(.crewLeft(1))
        #expect(world.machine.jobs[2]?.state == .running)
    }

    @Test("takes no other pool's idle workers for it: at the limit a job waits")
    func limit() {
        var world = warm(limit: 9)
        world.step(.submit(1, request(4)))
        world.step(.submit(2, request(2)))
        #expect(world.machine.jobs[2]?.state == .queued)
        #expect(world.machine.workerCount == 8)
        #expect(world.machine.stoppingWorkers == 0)
        // One is enough for this one; but nobody passes him who came first.
        world.step(.submit(3, request(1)))
        #expect(world.machine.jobs[3]?.state == .queued)
        world.step(.crewLeft(1))
        #expect(world.machine.jobs[2]?.state == .running)
        #expect(world.machine.jobs[3]?.state == .running)
    }

    @Test("gives a job of a command's its workers before all that wait, as those may wait for it")
    func inner() {
        var world = warm(limit: 9)
        world.step(.submit(1, request(4)))
        world.step(.submit(2, request(2)))
        let inner = request(1, isInner: true)
        #expect(refusal(of: inner, in: world) == nil)
        world.step(.submit(3, inner))
        world.advanceArrivals()
        #expect(world.machine.jobs[3]?.state == .running)
        #expect(world.machine.jobs[2]?.state == .queued)
    }

    @Test("takes idle workers of other pools for a job of a command's where nobody else waits")
    func innerAtLimit() {
        var world = warm(limit: 8)
        world.step(.submit(1, request(4)))
        let inner = request(2, isInner: true)
        #expect(refusal(of: inner, in: world) == nil)
        world.step(.submit(2, inner))
        for _ in 0..<8 { world.advanceArrivals() }
        #expect(world.machine.jobs[2]?.state == .running)
        #expect(world.machine.jobs[2]?.reason == .poolBusy)
        #expect(world.broken.isEmpty)
    }

    @Test("has a job of a command's refused where it would have to wait, and only that")
    func refused() {
        var world = warm(limit: 8)
        world.step(.submit(1, request(4)))
        world.step(.submit(2, LeaseRequest(kind: .processes(threads: 1), units: 4)))
        #expect(refusal(of: request(1), in: world) == nil)
        guard case .busy(let limit, 8, nil, _) = refusal(of: request(1, isInner: true), in: world) else {
            Issue.record("it is not refused")
            return
        }
        #expect(limit.contains("run within a run"))
        // Nor may one wait that wants to.
        world = warm()
        world.step(.submit(1, request(4)))
        #expect(refusal(of: request(1, waits: true, isInner: true), in: world) != nil)
        #expect(refusal(of: request(1, isInner: true), in: world) == nil)
    }
}
