@testable import Scheduling

extension RuntimeID {
    static let curl = RuntimeID(number: 1)
    static let blas = RuntimeID(number: 2)
}

extension PoolMachine {
    /// The runtimes that it has for good, as a daemon's has.
    static let lasting = [(RuntimeID.native, "native"), (.curl, "curl"), (.blas, "blas")].map {
        RuntimeRow(id: $0, name: $1, isPermanent: true)
    }

    init(policy: PoolPolicy) {
        self.init(policy: policy, runtimes: Self.lasting)
    }
}

/// A world for the pool machine, in which everything that can happen does, in an order that a seed decides.
///
/// It keeps account of what the machine asks for, and of what it must never ask.
struct Simulation {
    var machine: PoolMachine
    var now: UInt64 = 1_000
    private(set) var finished: [JobID: Int] = [:]
    private(set) var ended: [JobID: JobRow] = [:]
    private(set) var broken: [String] = []
    private(set) var kills = 0
    private var random: SplitMix
    /// What is on its way and may happen in any order.
    private var pending: [PoolMachine.Event] = []
    private var alive: Set<ProcessID> = []
    private var atWork: [JobID: Set<UnitID>] = [:]
    /// What units have been given beside the job that they are at.
    private var given: [UnitID: [JobID]] = [:]
    /// How many jobs were given so.
    private(set) var assignments = 0
    private var doomed: Set<JobID> = []
    private var brokenRuntimes: Set<RuntimeID> = []
    /// Whether every few processes can't be started.
    var forksFail = false

    init(policy: PoolPolicy, seed: UInt64) {
        machine = PoolMachine(policy: policy)
        random = SplitMix(state: seed)
    }

    /// One thing happens: something that is on its way, a death, or the passing of time.
    mutating func advance(deaths: Bool) {
        now += UInt64(random.below(2_000_000))
        if deaths, random.below(12) == 0, let victim = alive.sorted().randomElement(using: &random) {
            die(victim)
        } else if !pending.isEmpty, random.below(4) != 0 {
            step(pending.remove(at: random.below(pending.count)))
        } else if let job = atWork.keys.sorted().randomElement(using: &random) {
            leave(job)
        } else {
            step(.tick)
        }
    }

    /// Workers that clients hold and would give up, where all were idle.
    var idleHeld: Int { givable.reduce(0) { $0 + (machine.units[$1.unit]?.workers ?? 0) } }

    private var givable: [(job: JobID, unit: UnitID)] {
        machine.runningJobs.sorted().compactMap { machine.jobs[$0] }.filter { $0.request.isHeld }.flatMap { job in
            job.atWork.sorted().dropFirst().map { (job.id, $0) }
        }
    }

    /// An idle worker leaves the client that holds it, if others wait for it, or for no reason.
    mutating func giveUpIdle() {
        guard let (job, unit) = givable.randomElement(using: &random) else { return }
        atWork[job]?.remove(unit)
        step(.unitsLeft(job, [unit]))
    }

    /// What is on its way arrives; no job ends.
    mutating func advanceArrivals() {
        if !pending.isEmpty { step(pending.removeFirst()) }
    }

    /// Lets everything come to its end, without further deaths.
    mutating func settle(steps: Int = 20_000) {
        for _ in 0..<steps {
            if pending.isEmpty, atWork.isEmpty {
                guard let due = machine.nextDeadline else { return }
                now = max(now, due)
            }
            advance(deaths: false)
        }
    }

    mutating func step(_ event: PoolMachine.Event) {
        let workers = machine.workerCount
        for action in machine.step(event, at: now) { perform(action) }
        if machine.workerCount > max(machine.policy.workerLimit, workers) {
            broken.append("\(event) leads to \(machine.workerCount) workers")
        }
        checkLeases()
        broken += IndexCheck(machine).faults.map { "after \(event): \($0)" }
    }

    /// No process for this runtime can be started, until it is mended.
    mutating func breakRuntime(_ runtime: RuntimeID) {
        brokenRuntimes.insert(runtime)
        step(.runtimeBroken(runtime, reason: "no such file"))
    }

    mutating func mendRuntimes() {
        for runtime in brokenRuntimes.sorted() {
            brokenRuntimes.remove(runtime)
            step(.runtimeMended(runtime))
        }
    }

    private mutating func die(_ process: ProcessID) {
        alive.remove(process)
        let lost = Set(machine.units.values.filter { $0.process == process }.map(\.id))
        for job in atWork.keys { atWork[job]?.subtract(lost) }
        for job in atWork.keys where atWork[job]?.isEmpty == true { atWork[job] = nil }
        var back: [JobID] = []
        for unit in lost.sorted() { back += takeBack(from: unit) }
        step(.processGone(process, at: now, hasWorked: random.below(3) > 0, withdrawn: back))
        for unit in lost { given[unit] = nil }
    }

    /// The job's crew leaves it.
    mutating func leave(_ job: JobID) {
        atWork[job] = nil
        let isShort = random.below(16) > 0
        machine.noteWork(on: job, isShort ? 10_000 : 1_000_000, begun: nil)
        step(.crewLeft(job))
    }

    /// The unit has begun some of what it was given, unseen, and the rest is taken back.
    ///
    /// - Returns: the rest, the last one first.
    private mutating func takeBack(from unit: UnitID) -> [JobID] {
        guard let jobs = given[unit], !jobs.isEmpty else { return [] }
        let begun = random.below(jobs.count + 1)
        given[unit] = Array(jobs[..<begun])
        return jobs[begun...].reversed()
    }

    private mutating func perform(_ action: PoolMachine.Action) {
        switch action {
        case .fork(let process, let units, _):
            if let runtime = machine.processes[process]?.kind.runtime, brokenRuntimes.contains(runtime) {
                broken.append("process \(process) is asked for, which can't be started")
            }
            if forksFail, random.below(6) == 0 {
                pending.append(.processGone(process, at: now + 5, reason: "clone: no room"))
                return
            }
            alive.insert(process)
            pending.append(.unitsReady(Dictionary(uniqueKeysWithValues: units.map { ($0, now + 10) })))
        case .startThreads(_, let units):
            pending.append(.unitsReady(Dictionary(uniqueKeysWithValues: units.map { ($0, now + 10) })))
        case .stopThreads(let process, let units):
            if alive.contains(process) { pending.append(.unitsGone(units, at: now + 5)) }
        case .stopProcess(let process):
            alive.remove(process)
            pending.append(.processGone(process, at: now + 5))
        case .kill(let process), .killUnlessBusy(let process):
            kills += 1
            if alive.contains(process) { die(process) }
        case .publish(let job, let units):
            if finished[job] != nil { broken.append("job \(job) is handed out after its end") }
            for unit in units where machine.units[unit]?.state != .ready {
                broken.append("job \(job) is handed to unit \(unit), which is not up")
            }
            atWork[job, default: []].formUnion(units)
        case .assign(let job, let unit):
            assignments += 1
            if machine.units[unit]?.state != .ready { broken.append("unit \(unit) is given job \(job), and not up") }
            given[unit, default: []].append(job)
        case .withdraw(let unit): pending += takeBack(from: unit).map { .withdrawn($0) }
        case .goneOn(let job, let unit):
            // One that has just been taken back is handed out.
            given[unit]?.removeAll { $0 == job }
            if machine.units[unit] != nil { atWork[job] = [unit] }
        case .cancelTasks(let job): doomed.insert(job)
        case .settle(let job): pending.append(.settled(job, again: random.below(3)))
        case .finished(let job):
            finished[job, default: 0] += 1
            pending.append(.collected(job, at: now + 1))
        case .ended(let job):
            if ended[job] != nil { broken.append("job \(job) ends twice") }
            ended[job] = machine.forget(job)
        case .removeRuntime(let runtime):
            if machine.runtimes[runtime] != nil { broken.append("runtime \(runtime) is removed, and there") }
            let isUsed =
                machine.processes.values.contains { $0.kind.runtime == runtime }
                || machine.jobs.values.contains { $0.request.kind.runtime == runtime }
            if isUsed { broken.append("runtime \(runtime) is removed, and used") }
            brokenRuntimes.remove(runtime)
        case .warm: break
        }
    }

    private mutating func checkLeases() {
        var owners: [UnitID: JobID] = [:]
        for job in machine.jobs.values {
            for unit in job.crew.compactMap({ $0 }) where machine.units[unit]?.job == job.id {
                if let other = owners[unit] { broken.append("unit \(unit) works for jobs \(other) and \(job.id)") }
                owners[unit] = job.id
            }
        }
    }
}

/// What the machine's counts and indexes must agree with, told from its rows one by one.
struct IndexCheck {
    private(set) var faults: [String] = []

    init(_ machine: PoolMachine) {
        let units = machine.units.values
        expect(machine.workerCount, units.reduce(0) { $0 + $1.workers }, "workers")
        expect(machine.busyWorkers, units.reduce(0) { $0 + ($1.job == nil ? 0 : $1.workers) }, "busy workers")
        expect(machine.startingUnits, Set(units.filter { $0.state == .starting }.map(\.id)), "starting units")
        expect(machine.stoppingUnits, Set(units.filter { $0.state == .stopping }.map(\.id)), "stopping units")
        expect(
            machine.stoppingWorkers, units.reduce(0) { $0 + ($1.state == .stopping ? $1.workers : 0) },
            "stopping workers")
        let jobs = machine.jobs.values
        expect(machine.runningJobs, Set(jobs.filter { $0.state == .running }.map(\.id)), "running jobs")
        expect(machine.queuedJobs, jobs.count { $0.state == .queued }, "queued jobs")
        expect(machine.claimed, jobs.reduce(0) { $0 + $1.claim }, "claimed workers")
        expect(Set(machine.claims), Set(jobs.filter { $0.claim > 0 }.map(\.id)), "claims")
        expect(machine.pledged, jobs.reduce(0) { $0 + $1.pledge }, "pledged workers")
        expect(
            machine.workerShares.used, jobs.reduce(0) { $0 + ($1.isCharged ? $1.request.workers : 0) },
            "charged workers")
        let assigned = units.flatMap { unit in unit.next.map { [$0: unit.id] } }.reduce(into: [:]) {
            $0.merge($1) { _, last in last }
        }
        expect(
            Dictionary(uniqueKeysWithValues: jobs.compactMap { job in job.assignedTo.map { (job.id, $0) } }), assigned,
            "assigned jobs")
        expect(
            machine.queueShares.used, machine.pools.values.reduce(assigned.count) { $0 + $1.queue.count },
            "jobs in queues")
        for runtime in machine.runtimes.values {
            expect(runtime.jobs, jobs.count { $0.request.kind.runtime == runtime.id }, "jobs of \(runtime.name)")
            expect(
                runtime.processes, machine.processes.values.count { $0.kind.runtime == runtime.id },
                "processes of \(runtime.name)")
        }
        for pool in machine.pools.values where machine.runtimes[pool.kind.runtime] == nil {
            faults.append("a pool of a runtime that is gone")
        }
        for process in machine.processes.values {
            let own = units.filter { $0.process == process.id }
            expect(process.units, Set(own.map(\.id)), "units of process \(process.id)")
            expect(process.stopping, own.count { $0.state == .stopping }, "stopping units of process \(process.id)")
        }
        for pool in machine.pools.values { check(pool, in: machine) }
        for job in jobs where job.state.isActive {
            let crew = job.units.compactMap { machine.units[$0] }
            expect(job.ready, crew.count { $0.state == .ready }, "crew of job \(job.id) that is up")
            expect(job.units.count, crew.count, "units of job \(job.id)")
            expect(job.atWork.subtracting(job.units), [], "units at job \(job.id) that it has not")
        }
    }

    private mutating func check(_ pool: PoolRow, in machine: PoolMachine) {
        let name = "of \(machine.name(of: pool.kind))"
        let members = machine.units.values.filter { $0.kind == pool.kind && !$0.isCold && $0.state != .stopping }
        let newest = members.filter { $0.generation == pool.generation }
        expect(pool.members, Set(members.map(\.id)), "members \(name)")
        expect(pool.size, newest.count { !$0.isHeld }, "size \(name)")
        expect(pool.held, members.count { $0.isHeld }, "held units \(name)")
        expect(pool.ready, members.count { $0.state == .ready }, "ready units \(name)")
        expect(pool.starting, members.count { $0.state == .starting }, "starting units \(name)")
        let free = newest.filter { $0.job == nil }
        expect(Set(pool.idle), Set(free.filter { $0.state == .ready }.map(\.id)), "idle units \(name)")
        expect(Set(pool.coming), Set(free.filter { $0.state == .starting }.map(\.id)), "coming units \(name)")
        expect(pool.outdated.isEmpty, true, "no outdated units \(name)")
        if machine.policy.isShared {
            expect(pool.busy.values.reduce(0, +), members.count { $0.job != nil }, "busy units \(name)")
        }
        expect(
            pool.jobs, machine.jobs.values.count { $0.request.kind == pool.kind && $0.state != .stopping },
            "jobs \(name)")
        let ages = pool.idle.compactMap { machine.units[$0]?.idleSince }
        expect(ages, ages.sorted(), "order of idle units \(name)")
    }

    private mutating func expect<Value: Equatable>(_ actual: Value, _ expected: Value, _ what: String) {
        if actual != expected { faults.append("\(what): \(actual), though \(expected)") }
    }
}

/// A small random number generator, so that a failing seed can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

extension PoolMachine {
    /// What the machine says of a request, asked in a copy: one that is asked itself may be looked up in its place.
    func saidRefusal(of request: LeaseRequest, queueLimit: Int, idleHeld: Int = 0, at now: UInt64) -> Refusal? {
        var copy = self
        return copy.refusal(of: request, queueLimit: queueLimit, idleHeld: idleHeld, at: now)
    }

    /// Likewise.
    func saidMustWait(_ request: LeaseRequest) -> Bool {
        var copy = self
        return copy.mustWait(request)
    }
}
