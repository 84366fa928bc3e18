import Testing

@testable import Scheduling

@Suite("A worker at a short job")
struct AssignmentTests {
    private let single = LeaseRequest(kind: .threads, units: 1, user: 7)

    /// A machine with a pool of one warm thread, whose last jobs took so many nanoseconds each.
    private func machine(
        after nanoseconds: UInt64, limit: Int = 1, isShared: Bool = false, grows: Bool = false
    ) -> PoolMachine {
        var policy = PoolPolicy(threadFloor: 1, processFloor: 0)
        policy.isShared = isShared
        policy.growsBusyPools = grows
        policy.workerLimit = limit
        var machine = PoolMachine(policy: policy)
        _ = machine.step(.begin, at: 1)
        _ = machine.step(.unitsReady([0: 2]), at: 2)
        for id in 1...JobID(PoolMachine.shortJobsLimit) {
            _ = machine.step(.submit(id, single), at: 3)
            _ = end(id, after: nanoseconds, in: &machine)
        }
        return machine
    }

    /// The job's worker has left it.
    private func end(_ id: JobID, after nanoseconds: UInt64 = 5_000, in machine: inout PoolMachine) -> [PoolMachine
        .Action]
    {
        machine.noteWork(on: id, nanoseconds, begun: nil)
        return machine.step(.crewLeft(id), at: 4)
    }

    /// Submits jobs 101 to 100 + `count`, and ends the first.
    private func queue(_ count: Int, in machine: inout PoolMachine) -> [PoolMachine.Action] {
        for id in 101...JobID(100 + count) { _ = machine.step(.submit(id, single), at: 5) }
        return end(101, in: &machine)
    }

    @Test("is given the next ones, and goes on with them in their order")
    func order() {
        var machine = machine(after: 10_000)
        #expect(
            queue(6, in: &machine) == [
                .finished(101), .publish(102, [0]), .assign(103, 0), .assign(104, 0), .assign(105, 0),
            ])
        #expect(machine.queuedJobs == 4 && machine.runningJobs == [102])
        // It has more than its part of what still waits.
        #expect(end(102, in: &machine) == [.goneOn(103, 0), .finished(102)])
        #expect(machine.jobs[103]?.state == .running && machine.jobs[103]?.units == [0])
        #expect(end(103, in: &machine) == [.goneOn(104, 0), .finished(103)])
        #expect(end(104, in: &machine) == [.goneOn(105, 0), .assign(106, 0), .finished(104)])
        #expect(end(105, in: &machine) == [.goneOn(106, 0), .finished(105)])
        #expect(end(106, in: &machine) == [.finished(106)])
        #expect(machine.busyWorkers == 0 && machine.queuedJobs == 0)
    }

    @Test("is given none after a long one, nor where a second user waits, nor one of several workers")
    func none() {
        var long = machine(after: 1_000_000)
        #expect(queue(6, in: &long) == [.finished(101), .publish(102, [0])])
        var shared = machine(after: 10_000, isShared: true)
        _ = shared.step(.submit(100, single), at: 5)
        _ = shared.step(.submit(200, LeaseRequest(kind: .threads, units: 1, user: 8)), at: 5)
        #expect(queue(6, in: &shared) == [])
        #expect(end(100, in: &shared) == [.finished(100), .publish(200, [0])])
        // Nor where others give its worker orders, or keep it.
        var direct = single
        direct.isDirect = true
        for other in [direct, LeaseRequest(kind: .threads, units: 1, user: 7, isHeld: true)] {
            var mixed = machine(after: 10_000)
            _ = mixed.step(.submit(100, single), at: 5)
            _ = mixed.step(.submit(200, single), at: 5)
            _ = mixed.step(.submit(201, other), at: 5)
            #expect(end(100, in: &mixed) == [.finished(100), .publish(200, [0])])
            // Nor is such a one given others.
            _ = mixed.step(.submit(202, single), at: 5)
            #expect(end(200, in: &mixed) == [.finished(200), .publish(201, [0])])
        }
    }

    @Test("is given none where its user has more than his share, as others have come")
    func share() {
        var policy = PoolPolicy(threadFloor: 4, processFloor: 0)
        policy.isShared = true
        policy.workerLimit = 5
        var world = Simulation(policy: policy, seed: 1)
        world.step(.begin)
        world.settle(steps: 20)
        for id in 1...100 as ClosedRange<JobID> { world.step(.submit(id, single)) }
        for id in 1...20 as ClosedRange<JobID> { world.leave(id) }
        let before = world.assignments
        #expect(before > 0 && world.machine.busyWorkers == 3)
        world.step(.submit(200, LeaseRequest(kind: .threads, units: 1, cold: .fresh, user: 8)))
        for id in 21...40 as ClosedRange<JobID> { world.leave(id) }
        // Two of the four that there are for both.
        #expect(world.machine.busyWorkers == 3 && world.machine.workerShares.used(by: 7) == 2)
        #expect(world.machine.jobs[200] != nil)
    }

    @Test("leaves the one behind them its patience: the pool grows for that, though it didn't for those before it")
    func patience() {
        var machine = machine(after: 10_000, limit: 2, grows: true)
        var patient = single
        patient.waits = true
        for id in 101...106 as ClosedRange<JobID> { _ = machine.step(.submit(id, patient), at: 5) }
        for id in 107...108 as ClosedRange<JobID> { _ = machine.step(.submit(id, single), at: 5) }
        _ = end(101, in: &machine)
        #expect(machine.jobs[106]?.assignedTo == nil && machine.nextDeadline == nil)
        // The last one that would wait is given to the unit, too.
        _ = end(102, in: &machine)
        #expect(machine.jobs[106]?.assignedTo == 0 && machine.jobs[108]?.assignedTo == nil)
        let due = machine.nextDeadline
        #expect(due != nil)
        #expect(
            machine.step(.tick, at: due ?? 0).contains { action in
                if case .startThreads = action { true } else { false }
            })
    }

    @Test("doesn't hold one up that stands behind them and wants more workers than there are")
    func larger() {
        var machine = machine(after: 10_000, limit: 2)
        for id in 101...110 as ClosedRange<JobID> { _ = machine.step(.submit(id, single), at: 5) }
        _ = machine.step(.submit(200, LeaseRequest(kind: .threads, units: 2, user: 7)), at: 5)
        for id in 101...109 as ClosedRange<JobID> where machine.jobs[110]?.assignedTo == nil {
            #expect(machine.startingUnits.isEmpty)
            _ = end(id, in: &machine)
        }
        // All that were before it have been given to the one worker. The other one is started for it, whatever they take.
        #expect(machine.jobs[110]?.assignedTo == 0 && machine.jobs[200]?.state == .queued)
        #expect(machine.startingUnits.count == 1)
    }

    @Test("gives them back, and they are the next ones, in their order")
    func withdrawal() {
        var machine = machine(after: 10_000)
        _ = queue(6, in: &machine)
        // The last one was begun last, so that it is taken back first.
        #expect(machine.step(.withdrawn(105), at: 6) == [])
        #expect(machine.step(.withdrawn(104), at: 6) == [])
        #expect(end(102, in: &machine) == [.goneOn(103, 0), .finished(102)])
        // It has to do with longer ones: until that has changed, they are handed out one by one.
        #expect(end(103, in: &machine) == [.finished(103), .publish(104, [0])])
        #expect(end(104, in: &machine) == [.finished(104), .publish(105, [0])])
    }

    @Test("does none that was cancelled meanwhile, or is told to stop it")
    func cancellation() {
        var machine = machine(after: 10_000)
        _ = queue(6, in: &machine)
        #expect(machine.step(.cancel(104, .request), at: 6) == [.withdraw(0)])
        #expect(machine.step(.withdrawn(105), at: 6) == [])
        #expect(machine.step(.withdrawn(104), at: 6) == [.settle(104)])
        #expect(machine.step(.settled(104, again: 0), at: 6) == [.finished(104)])
        #expect(machine.step(.cancel(103, .timeout), at: 6) == [.withdraw(0)])
        // It had begun that.
        #expect(end(102, in: &machine) == [.goneOn(103, 0), .cancelTasks(103), .finished(102)])
        #expect(end(103, in: &machine) == [.settle(103)])
        #expect(machine.step(.settled(103, again: 0), at: 6) == [.finished(103), .publish(105, [0])])
    }

    @Test("has begun one when it dies: that is done again by the next worker, like the one before")
    func death() {
        var machine = machine(after: 10_000)
        _ = queue(6, in: &machine)
        let actions = machine.step(.processGone(1, at: 7, withdrawn: [105, 104]), at: 7)
        // It had left the first one, and nobody is handed to it any more.
        #expect(
            actions.contains(.finished(102)) && actions.contains(.settle(103))
                && actions.contains(.fork(2, [1], exec: false)))
        #expect(!actions.contains { if case .publish = $0 { true } else { false } })
        #expect(machine.jobs[102]?.deaths == 0 && machine.jobs[103]?.deaths == 1)
        #expect(machine.queuedJobs == 3 && machine.jobs[103]?.units == [1])
    }

    @Test("has begun none when it ends: its own job is not over for that", arguments: [false, true])
    func unbegun(isBlameless: Bool) {
        var machine = machine(after: 10_000)
        _ = queue(5, in: &machine)
        let back: [JobID] = [105, 104, 103]
        let actions = machine.step(
            isBlameless ? .processMissing(1, withdrawn: back) : .processGone(1, at: 7, withdrawn: back), at: 7)
        #expect(actions.contains(.settle(102)) && !actions.contains(.finished(102)))
        #expect(machine.queuedJobs == 3 && machine.jobs[102]?.deaths == (isBlameless ? 0 : 1))
    }

    @Test("has begun two when it dies, and there is room for one worker: an idle one makes room for the other's")
    func room() {
        var machine = machine(after: 10_000)
        _ = queue(5, in: &machine)
        // The one before them is being settled elsewhere meanwhile.
        _ = machine.step(.cancel(102, .request), at: 6)
        #expect(machine.step(.crewLeft(102), at: 6) == [.settle(102)])
        var actions = machine.step(.processGone(1, at: 7, withdrawn: [105]), at: 7)
        #expect(actions.contains(.settle(103)) && actions.contains(.settle(104)))
        #expect(machine.workerCount == 1 && machine.pledged == 1)
        actions += machine.step(.settled(103, again: 0), at: 8) + machine.step(.settled(102, again: 0), at: 8)
        actions += machine.step(.settled(104, again: 1), at: 8)
        var now: UInt64 = 9
        var published: [JobID] = []
        while now < 60_000_000_000, !actions.isEmpty || machine.nextDeadline != nil {
            if actions.isEmpty {
                now = max(now, machine.nextDeadline ?? now)
                actions += machine.step(.tick, at: now)
                continue
            }
            now += 1
            switch actions.removeFirst() {
            case .fork(_, let units, _), .startThreads(_, let units):
                actions += machine.step(.unitsReady([units[0]: now]), at: now)
            case .stopThreads(_, let units): actions += machine.step(.unitsGone(units, at: now), at: now)
            case .stopProcess(let process): actions += machine.step(.processGone(process, at: now), at: now)
            case .publish(let job, _):
                published.append(job)
                actions += machine.step(.crewLeft(job), at: now)
            case .finished(let job): actions += machine.step(.collected(job, at: now), at: now)
            case .ended(let job): _ = machine.forget(job)
            default: break
            }
        }
        #expect(published.sorted() == [104, 105] && machine.jobs.keys.allSatisfy { $0 <= 102 })
    }

    @Test("ends each of many exactly once, whatever dies and in whatever order things happen", arguments: 1...60)
    func everyJobEnds(seed: UInt64) {
        var policy = PoolPolicy(threadFloor: 2, processFloor: 2)
        policy.workerLimit = [256, 4, 6][Int(seed % 3)]
        policy.isShared = seed % 2 == 0
        var world = Simulation(policy: policy, seed: seed)
        var random = SplitMix(state: seed ^ 0xdef)
        world.step(.begin)
        for id in 1...200 as ClosedRange<JobID> {
            for _ in 0..<random.below(4) { world.advance(deaths: random.below(8) == 0) }
            var request = LeaseRequest(
                kind: random.below(2) == 0 ? .threads : .processes(threads: 1), units: random.below(24) == 0 ? 2 : 1)
            request.user = random.below(32) == 0 ? 8 : 7
            if random.below(16) == 0 { request.deadline = world.now + 3_000_000 }
            world.step(.submit(id, request))
            if random.below(12) == 0 { world.step(.cancel(JobID(1 + random.below(Int(id))), .request)) }
            if random.below(40) == 0 { world.step(.recycle(.threads)) }
        }
        world.settle()
        #expect(world.broken == [])
        #expect(world.ended.count == 200 && world.finished.values.allSatisfy { $0 == 1 })
        #expect(world.machine.jobs.isEmpty && world.machine.busyWorkers == 0 && world.machine.queuedJobs == 0)
        #expect(world.assignments > 10)
    }
}
