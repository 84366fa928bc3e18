import Testing

@testable import Scheduling

@Suite("The pool machine")
struct MachineTests {
    private func policy() -> PoolPolicy { PoolPolicy(threadFloor: 4, processFloor: 4) }

    /// A machine whose floors are up.
    private func warm() -> Simulation {
        var world = Simulation(policy: policy(), seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        return world
    }

    @Test("is warm once every floor is up, and not before")
    func warmth() {
        var machine = PoolMachine(policy: policy())
        var actions = machine.step(.begin, at: 1)
        let forks = actions.filter { if case .fork = $0 { true } else { false } }
        #expect(forks.count == 5)
        var units: [UnitID] = []
        for case .fork(_, let started, _) in actions { units += started }
        #expect(units.count == 8)
        actions = machine.step(.unitsReady(Dictionary(uniqueKeysWithValues: units.dropLast().map { ($0, 2) })), at: 3)
        #expect(!actions.contains(.warm))
        actions = machine.step(.unitsReady([units.last ?? -1: 2]), at: 4)
        #expect(actions.contains(.warm))
    }

    @Test(
        "hands a job at once to workers that wait, and calls that warm",
        arguments: [PoolKind.threads, .processes(threads: 1)])
    func warmRun(kind: PoolKind) throws {
        var world = warm()
        world.step(.submit(7, LeaseRequest(kind: kind, units: 4)))
        let job = try #require(world.machine.jobs[7])
        #expect(job.state == .running)
        #expect(job.reason == nil)
        #expect(job.stamps.leased == job.stamps.ready)
    }

    @Test("makes the next job wait for busy workers rather than starting more")
    func queueing() throws {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 3)))
        world.step(.submit(2, LeaseRequest(kind: .threads, units: 2)))
        world.step(.submit(3, LeaseRequest(kind: .threads, units: 1)))
        #expect(world.machine.jobs[2]?.state == .queued)
        // First come, first served, though one thread would be free for the third.
        #expect(world.machine.jobs[3]?.state == .queued)
        #expect(world.machine.members(of: .threads).count == 4)
        world.step(.crewLeft(1))
        #expect(world.machine.jobs[2]?.state == .running)
        #expect(world.machine.jobs[3]?.state == .running)
    }

    @Test("starts only the missing workers for a job that needs more, and says why it was cold")
    func growth() throws {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 1), units: 6)))
        let job = try #require(world.machine.jobs[1])
        #expect(job.reason == .poolTooSmall)
        #expect(world.machine.members(of: .processes(threads: 1)).count == 6)
        world.settle(steps: 200)
        #expect(world.ended[1]?.reason == .poolTooSmall)
    }

    @Test("goes back to its floor after the idle time")
    func shrinking() {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 1), units: 6)))
        world.settle(steps: 400)
        #expect(world.machine.members(of: .processes(threads: 1)).count == 4)
        #expect(world.machine.workerCount == 8)
    }

    @Test("gives a pool that was never used its workers, and keeps them for the next job")
    func firstUse() throws {
        var world = warm()
        let request = LeaseRequest(kind: .processes(threads: 3), units: 2)
        world.step(.submit(1, request))
        for _ in 0..<12 { world.advance(deaths: false) }
        world.step(.submit(2, request))
        world.settle(steps: 300)
        #expect(world.ended[1]?.reason == .firstUse)
        #expect(try #require(world.ended[2]).reason == nil)
    }

    @Test("gives jobs that need another runtime a pool of their own, which goes when it is idle or not resized")
    func libraries() throws {
        var world = warm()
        let kind = PoolKind(.threads, runtime: .blas)
        world.step(.submit(1, LeaseRequest(kind: kind, units: 2)))
        #expect(world.machine.members(of: kind).count == 2)
        #expect(world.machine.members(of: .threads).allSatisfy { $0.job == nil })
        #expect(Set(world.machine.processes.values.map(\.kind)).count == 3)
        world.settle(steps: 400)
        #expect(world.ended[1]?.reason == .firstUse)
        #expect(world.machine.pools[kind] == nil)
        #expect(!world.machine.processes.values.contains { $0.kind == kind })
        world.step(.resize(kind, 3))
        world.settle(steps: 400)
        #expect(world.machine.members(of: kind).count { $0.state == .ready } == 3)
    }

    @Test("has as many runtimes of users as the limit says: the one goes that was used the longest time ago")
    func runtimeLimit() {
        var policy = policy()
        policy.runtimeLimit = 2
        var world = Simulation(policy: policy, seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        func add(_ number: UInt32) {
            world.now += PoolPolicy.runtimeGraceNanoseconds
            let row = RuntimeRow(id: RuntimeID(number: number), name: "plugin:\(number)", isPermanent: false)
            world.step(.runtimeAdded(row, replaces: nil))
        }
        func request(_ number: UInt32) -> LeaseRequest {
            LeaseRequest(kind: PoolKind(.threads, runtime: RuntimeID(number: number)), units: 1)
        }
        add(100)
        add(101)
        world.step(.submit(1, request(100)))
        world.step(.runtimeUsed(RuntimeID(number: 100)))
        add(102)
        #expect(Set(world.machine.runtimes.keys.map(\.number).filter { $0 >= 100 }) == [100, 102])
        // The first one is at a job, so that there is no room for both of the others.
        world.step(.submit(2, request(102)))
        add(103)
        #expect(world.machine.runtimes[RuntimeID(number: 103)] == nil)
        let refusal = world.machine.saidRefusal(of: request(103), queueLimit: 64, at: world.now)
        guard case .busy(limit: "runtimes", allowed: 2, user: nil, retryAfter: _?) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        world.settle()
        #expect(world.broken.isEmpty)
        #expect(world.machine.runtimes.count == PoolMachine.lasting.count)
    }

    @Test("keeps a runtime while scripts use it, and for as long as it is to be kept")
    func runtimeOfScripts() {
        var world = Simulation(policy: policy(), seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        func id(_ number: UInt32) -> RuntimeID { RuntimeID(number: number) }
        func row(_ number: UInt32) -> RuntimeRow {
            RuntimeRow(id: id(number), name: "scripts", isPermanent: false, isForScripts: true)
        }
        func wait() {
            world.now += 2 * world.machine.policy.runtimeIdleNanoseconds
            world.step(.tick)
        }
        world.step(.runtimeAdded(row(100), replaces: nil))
        world.step(.scriptCame(id(100)))
        wait()
        #expect(world.machine.isInUse(id(100)))
        #expect(!world.machine.resizable.contains { $0.runtime == id(100) }, "it has no workers")
        world.step(.scriptWent(id(100)))
        world.step(.keepRuntime(id(100), true))
        wait()
        #expect(world.machine.runtimes[id(100)]?.isKept == true)
        // What takes its place is kept in its place.
        world.step(.runtimeAdded(row(101), replaces: id(100)))
        wait()
        #expect(world.machine.runtimes[id(100)] == nil)
        #expect(world.machine.runtimes[id(101)]?.isKept == true)
        world.step(.keepRuntime(id(101), false))
        wait()
        #expect(world.machine.runtimes[id(101)] == nil)
    }

    @Test("keeps idle workers for as long as their runtime says, or else the policy")
    func runtimeIdleTime() {
        var world = warm()
        let runtime = RuntimeID(number: 100)
        let row = RuntimeRow(id: runtime, name: "plugin:x", isPermanent: false, idleNanoseconds: 1_000)
        world.step(.runtimeAdded(row, replaces: nil))
        let kinds = [PoolKind(.threads, runtime: runtime), PoolKind(.threads, runtime: .blas)]
        for (id, kind) in kinds.enumerated() { world.step(.submit(JobID(id), LeaseRequest(kind: kind, units: 2))) }
        while world.ended.count < 2 { world.advance(deaths: false) }
        world.now += 1_000
        for _ in 0..<50 { world.advanceArrivals() }
        world.step(.tick)
        #expect(world.machine.members(of: kinds[0]).isEmpty)
        #expect(world.machine.members(of: kinds[1]).count == 2)
    }

    @Test("gives no runtime up before its first job has come, and takes a shorter time over at once")
    func idleTimes() {
        var policy = policy()
        policy.runtimeIdleNanoseconds = 0
        var world = Simulation(policy: policy, seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        let runtime = RuntimeID(number: 100)
        func add() {
            world.step(.runtimeAdded(RuntimeRow(id: runtime, name: "plugin:x", isPermanent: false), replaces: nil))
        }
        add()
        #expect(world.machine.runtimes[runtime] != nil)
        world.now += PoolPolicy.runtimeGraceNanoseconds
        world.step(.tick)
        #expect(world.machine.runtimes[runtime] == nil)
        policy.runtimeIdleNanoseconds = 3_600_000_000_000
        world.step(.policy(policy))
        add()
        world.now += 2_000_000_000
        world.step(.tick)
        #expect(world.machine.runtimes[runtime] != nil)
        policy.runtimeIdleNanoseconds = 1_000_000_000
        world.step(.policy(policy))
        #expect(world.machine.runtimes[runtime] == nil)
    }

    @Test("stops the workers of a cold run before the run ends, and no others")
    func coldRun() throws {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 1), units: 2, cold: .fresh)))
        #expect(world.machine.workerCount == 10)
        world.settle(steps: 300)
        let job = try #require(world.ended[1])
        #expect(job.reason == .requested)
        #expect((job.stamps.gone ?? 0) >= (job.stamps.collected ?? .max))
        #expect(world.machine.workerCount == 8)
    }

    @Test("ends a job at its deadline")
    func deadline() {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 1, deadline: world.now + 5_000_000)))
        world.now += 6_000_000
        world.step(.tick)
        #expect(world.machine.jobs[1]?.cancelled == .timeout)
    }

    @Test("has a process that does not let a thread go killed only while nothing of it is at a task, and asks again")
    func stubbornThread() throws {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 2)))
        var machine = world.machine
        var now = world.now
        let host = try #require(machine.pools[.threads]?.host)
        let actions = machine.step(.resize(.threads, 2), at: now)
        #expect(actions.contains { if case .stopThreads(host, _) = $0 { true } else { false } })
        for _ in 0..<3 {
            now += machine.policy.stopGraceNanoseconds
            #expect(machine.step(.tick, at: now).contains(.killUnlessBusy(host)))
        }
        let stopping = machine.units.values.filter { $0.state == .stopping }.map(\.id)
        #expect(stopping.count == 2)
        _ = machine.step(.unitsGone(stopping, at: now), at: now)
        now += machine.policy.stopGraceNanoseconds
        #expect(!machine.step(.tick, at: now).contains(.killUnlessBusy(host)))
    }

    @Test("kills the workers of a cancelled job that won't stop")
    func killing() {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 2)))
        world.step(.cancel(1, .request))
        #expect(world.kills == 0)
        world.now += world.machine.policy.cancelGraceNanoseconds
        world.step(.tick)
        #expect(world.kills == 1)
        world.settle(steps: 300)
        #expect(world.ended[1]?.cancelled == .request)
        #expect(world.machine.isEveryFloorReady)
    }

    @Test("kills the workers of a cancelled job again and again until it hears that they are gone")
    func killingAgain() {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 2)))
        // Of whom nobody is killed, as whoever carries its actions out may think that they have left.
        var machine = world.machine
        var now = world.now
        _ = machine.step(.cancel(1, .request), at: now)
        for _ in 0..<3 {
            now += max(machine.policy.cancelGraceNanoseconds, PoolPolicy.killAgainNanoseconds)
            let kills = machine.step(.tick, at: now).filter { if case .kill = $0 { true } else { false } }
            #expect(kills.count == 1)
        }
        _ = machine.step(.crewLeft(1), at: now)
        _ = machine.step(.settled(1, again: 0), at: now)
        #expect(machine.jobs[1]?.state == .collecting)
    }

    @Test("gives up on a job whose workers die before they are up, again and again")
    func startFailures() throws {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 2), units: 1)))
        for _ in 0..<20 {
            guard let unit = world.machine.units.values.first(where: { $0.kind == .processes(threads: 2) }) else {
                guard world.machine.jobs[1]?.cancelled == nil else { break }
                // Each further try is put off, though not by more than a second.
                let due = try #require(world.machine.nextDeadline)
                #expect(due - world.now <= 1_000_000_000)
                world.now = due
                world.step(.tick)
                continue
            }
            world.step(.processGone(unit.process, at: world.now, reason: "clone: no memory"))
        }
        #expect(world.machine.jobs[1]?.failureReason == "clone: no memory")
    }

    @Test("refuses what no pool could ever serve, and what can't be served now, by the name of the limit")
    func refusals() {
        var small = policy()
        small.workerLimit = 10
        var machine = PoolMachine(policy: small)
        _ = machine.step(.begin, at: 1)
        let huge = LeaseRequest(kind: .threads, units: 11)
        #expect(
            machine.saidRefusal(of: huge, queueLimit: 9, at: 1) == .tooMuch(limit: "workers", value: 11, allowed: 10))
        let warm = LeaseRequest(kind: .threads, units: 4, deadline: 9)
        // Nobody is before it, so it need not wait.
        #expect(machine.saidRefusal(of: warm, queueLimit: 0, at: 1) == nil)
        let threads = machine.units.values.filter { $0.kind == .threads }.map(\.id)
        let processes = machine.units.keys.filter { !threads.contains($0) }
        _ = machine.step(.unitsReady(Dictionary(uniqueKeysWithValues: (threads + processes).map { ($0, 2) })), at: 2)
        _ = machine.step(.submit(1, warm), at: 2)
        _ = machine.step(.submit(2, LeaseRequest(kind: .processes(threads: 1), units: 3)), at: 2)
        // Two have never been started, and one of those that there are has nothing to do.
        var cold = LeaseRequest(kind: .threads, units: 3, cold: .fresh)
        #expect(machine.saidRefusal(of: cold, queueLimit: 9, at: 2) == nil)
        cold.units = 4
        #expect(
            machine.saidRefusal(of: cold, queueLimit: 9, at: 2) == .busy(limit: "workers", allowed: 10, retryAfter: 7))
        #expect(
            machine.saidRefusal(of: warm, queueLimit: 0, at: 2)
                == .busy(limit: "queued jobs", allowed: 0, retryAfter: 7))
        #expect(machine.saidRefusal(of: warm, queueLimit: 1, at: 2) == nil)
        _ = machine.step(.drain, at: 2)
        #expect(machine.saidRefusal(of: warm, queueLimit: 9, at: 2) == .draining)
    }

    @Test("lets a run that needs no new worker in, however full the house is")
    func fullHouse() {
        var small = policy()
        small.workerLimit = 8
        var world = Simulation(policy: small, seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 4)))
        world.step(.submit(2, LeaseRequest(kind: .processes(threads: 1), units: 4)))
        let now = world.now
        #expect(world.machine.saidRefusal(of: LeaseRequest(kind: .threads, units: 4), queueLimit: 9, at: now) == nil)
        let growing = LeaseRequest(kind: .processes(threads: 1), units: 5)
        #expect(world.machine.saidRefusal(of: growing, queueLimit: 9, at: now) == .busy(limit: "workers", allowed: 8))
    }

    @Test("waits for nothing but events while a recycled pool's old workers are busy")
    func noSpinning() {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 1), units: 4)))
        world.step(.recycle(.processes(threads: 1)))
        for _ in 0..<30 where world.machine.jobs[1]?.state == .running { world.advanceArrivals() }
        world.now += world.machine.policy.idleNanoseconds * 2
        world.step(.tick)
        #expect(world.machine.jobs[1]?.state == .running)
        #expect(world.machine.nextDeadline.map { $0 > world.now } ?? true)
    }

    @Test("tries a start that was put off again when its time has passed, however late that is seen")
    func retry() throws {
        var policy = PoolPolicy(threadFloor: 4, processFloor: 0)
        var machine = PoolMachine(policy: policy)
        #expect(try process(forkedBy: machine.step(.begin, at: 1)) == 1)
        #expect(machine.step(.processGone(1, at: 2), at: 2) == [])
        try expectRetry(of: &machine)
        // The same for a job that waits for a pool whose workers have all died as they came up.
        policy.threadFloor = 0
        policy.startFailureLimit = 1
        machine = PoolMachine(policy: policy)
        _ = machine.step(.begin, at: 1)
        let four = LeaseRequest(kind: .threads, units: 4)
        #expect(try process(forkedBy: machine.step(.submit(1, four), at: 1)) == 1)
        _ = machine.step(.processGone(1, at: 2), at: 2)
        #expect(machine.jobs[1]?.failureReason != nil)
        #expect(machine.step(.submit(2, four), at: 3) == [])
        try expectRetry(of: &machine)
    }

    private func process(forkedBy actions: [PoolMachine.Action]) throws -> ProcessID {
        guard case .fork(let process, _, _) = try #require(actions.first) else { return -1 }
        return process
    }

    private func expectRetry(of machine: inout PoolMachine) throws {
        let due = try #require(machine.nextDeadline)
        #expect(machine.step(.tick, at: due - 1) == [])
        // Who sleeps until then wakes a little later.
        #expect(machine.nextDeadline == due)
        #expect(try process(forkedBy: machine.step(.tick, at: due + 1_000_000)) == 2)
        #expect(machine.nextDeadline == nil)
    }

    @Test("stops no worker that a waiting job is about to need")
    func noChurn() {
        var world = warm()
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 1), units: 2)))
        world.step(.submit(2, LeaseRequest(kind: .processes(threads: 1), units: 4)))
        world.step(.resize(.processes(threads: 1), 0))
        #expect(world.machine.members(of: .processes(threads: 1)).count == 4)
        world.settle(steps: 400)
        #expect(world.ended[2] != nil)
        #expect(world.machine.members(of: .processes(threads: 1)).isEmpty)
    }

    @Test("tells a first use from a pool that was too small, whatever cold runs came before")
    func coldThenWarm() {
        var world = warm()
        let kind = PoolKind.processes(threads: 3)
        world.step(.submit(1, LeaseRequest(kind: kind, units: 2, cold: .fresh)))
        world.step(.submit(2, LeaseRequest(kind: kind, units: 2)))
        world.settle(steps: 400)
        #expect(world.ended[2]?.reason == .firstUse)
    }

    @Test("recycles every worker, the busy ones when they are free")
    func recycling() {
        var world = warm()
        let before = Set(world.machine.processes.keys)
        world.step(.submit(1, LeaseRequest(kind: .processes(threads: 1), units: 1)))
        world.step(.recycle(.processes(threads: 1)))
        world.step(.recycle(.threads))
        world.settle(steps: 400)
        #expect(world.ended[1] != nil)
        #expect(before.isDisjoint(with: world.machine.processes.keys))
        #expect(world.machine.isEveryFloorReady)
    }

    @Test("takes other floors over, and leaves those that were resized and are not set anew")
    func newPolicy() {
        var world = Simulation(policy: PoolPolicy(threadFloor: 4, processFloor: 4), seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        world.step(.resize(.processes(threads: 1), 2))
        var policy = PoolPolicy(threadFloor: 6, processFloor: 4)
        policy.idleNanoseconds = 5
        world.step(.policy(policy))
        world.settle()
        #expect(world.machine.policy == policy)
        #expect(world.machine.members(of: .threads).count == 6)
        #expect(world.machine.members(of: .processes(threads: 1)).count == 2)
        world.step(.policy(PoolPolicy(threadFloor: 1, processFloor: 0)))
        world.settle()
        #expect(world.machine.members(of: .threads).count == 1)
        #expect(world.machine.members(of: .processes(threads: 1)).isEmpty)
        #expect(world.broken == [])
    }

    @Test("sums its load up")
    func load() {
        var world = Simulation(policy: PoolPolicy(threadFloor: 4, processFloor: 1), seed: 1)
        world.step(.begin)
        world.settle(steps: 50)
        world.step(.submit(1, LeaseRequest(kind: .threads, units: 3)))
        world.step(.submit(2, LeaseRequest(kind: .threads, units: 2)))
        let load = world.machine.load
        #expect(
            load
                == Load(
                    pools: [
                        .init(name: "threads", ready: 4, floor: 4), .init(name: "processes", ready: 1, floor: 1),
                    ], busyWorkers: 3, workers: 5, queuedJobs: 1, isDraining: false))
    }

    @Test("ends every job exactly once, whatever dies and in whatever order things happen", arguments: 1...120)
    func everyJobEnds(seed: UInt64) {
        var policy = policy()
        policy.workerLimit = [256, 24, 13][Int(seed % 3)]
        policy.isShared = seed % 2 == 0
        policy.growsBusyPools = seed % 4 < 2
        policy.busyPatienceNanoseconds = seed % 3 == 0 ? 5_000_000 : 0
        policy.runtimeLimit = 2
        policy.runtimeIdleNanoseconds = 2_000_000
        var world = Simulation(policy: policy, seed: seed)
        var random = SplitMix(state: seed ^ 0xabc)
        world.step(.begin)
        var kinds: [PoolKind] = [
            .threads, .processes(threads: 1), .processes(threads: 3), PoolKind(.threads, runtime: .blas),
            PoolKind(.processes(threads: 1), runtime: .curl),
        ]
        // Runtimes of users that come and go.
        var runtimes: [RuntimeID] = []
        let users: [UInt32] = [0, 1000, 1001]
        var jobs: [JobID] = []
        for id in 1...30 {
            world.forksFail = random.below(4) == 0
            for _ in 0..<random.below(12) { world.advance(deaths: true) }
            if random.below(3) == 0 {
                let runtime = RuntimeID(number: UInt32(100 + id))
                let old = random.below(2) == 0 ? runtimes.last : nil
                let row = RuntimeRow(id: runtime, name: "plugin:\(id)", isPermanent: false)
                world.step(.runtimeAdded(row, replaces: old))
                runtimes.append(runtime)
            }
            if let runtime = runtimes.randomElement(using: &random) {
                kinds = kinds.prefix(5) + [PoolKind(.processes(threads: 2), runtime: runtime)]
                if random.below(2) == 0 { world.step(.runtimeUsed(runtime)) }
            }
            var request = LeaseRequest(kind: kinds[random.below(kinds.count)], units: 1 + random.below(6))
            request.user = users[random.below(3)]
            if random.below(3) == 0 { request.cold = random.below(2) == 0 ? .fresh : .exec }
            if random.below(5) == 0 { request.deadline = world.now + 3_000_000 }
            if request.cold == nil { request.isHeld = random.below(3) == 0 }
            request.waits = random.below(4) == 0
            request.isInner = random.below(3) == 0
            let refusal = world.machine.refusal(
                of: request, queueLimit: 64, idleHeld: world.idleHeld, at: world.now)
            if refusal == nil {
                jobs.append(JobID(id))
                world.step(.submit(JobID(id), request))
            }
            if random.below(4) == 0, let victim = jobs.randomElement(using: &random) {
                world.step(.cancel(victim, .request))
            }
            if random.below(2) == 0 { world.giveUpIdle() }
            if random.below(8) == 0 { world.step(.recycle(kinds[random.below(5)])) }
            if random.below(8) == 0 { world.step(.resize(kinds[random.below(2)], random.below(7))) }
            if random.below(12) == 0 { world.breakRuntime(kinds[random.below(5)].runtime) }
            if random.below(8) == 0 { world.mendRuntimes() }
        }
        world.forksFail = false
        world.mendRuntimes()
        world.settle()
        #expect(world.broken.isEmpty)
        #expect(Set(world.ended.keys) == Set(jobs))
        #expect(world.finished.values.allSatisfy { $0 == 1 })
        #expect(world.machine.jobs.isEmpty)
        #expect(world.machine.isEveryFloorReady)
        #expect(world.machine.runtimes.count == PoolMachine.lasting.count)
        for job in world.ended.values {
            let times = job.stamps.phases
            #expect(times.sum == Int((job.stamps.gone ?? 0) - job.stamps.accepted))
            #expect(
                [times.queue, times.startup, times.dispatch, times.run, times.collect, times.teardown].min() ?? -1 >= 0)
        }
        world.step(.drain)
        world.settle(steps: 2_000)
        #expect(world.broken.isEmpty)
        #expect(world.machine.units.isEmpty)
        #expect(world.machine.processes.isEmpty)
    }
}
