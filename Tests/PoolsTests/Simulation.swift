import Pools

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
    private var doomed: Set<JobID> = []

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
        for action in machine.step(event, at: now) { perform(action) }
        checkLeases()
    }

    private mutating func die(_ process: ProcessID) {
        alive.remove(process)
        let lost = Set(machine.units.values.filter { $0.process == process }.map(\.id))
        for job in atWork.keys { atWork[job]?.subtract(lost) }
        for job in atWork.keys where atWork[job]?.isEmpty == true { atWork[job] = nil }
        step(.processGone(process, at: now))
    }

    private mutating func leave(_ job: JobID) {
        atWork[job] = nil
        step(.crewLeft(job))
    }

    private mutating func perform(_ action: PoolMachine.Action) {
        switch action {
        case .fork(let process, let units, _):
            alive.insert(process)
            pending.append(.unitsReady(Dictionary(uniqueKeysWithValues: units.map { ($0, now + 10) })))
        case .startThreads(_, let units):
            pending.append(.unitsReady(Dictionary(uniqueKeysWithValues: units.map { ($0, now + 10) })))
        case .stopThreads(let process, let units):
            if alive.contains(process) { pending.append(.unitsGone(units, at: now + 5)) }
        case .stopProcess(let process):
            alive.remove(process)
            pending.append(.processGone(process, at: now + 5))
        case .kill(let process):
            kills += 1
            if alive.contains(process) { die(process) }
        case .publish(let job, let units):
            if finished[job] != nil { broken.append("job \(job) is handed out after its end") }
            for unit in units where machine.units[unit]?.state != .ready {
                broken.append("job \(job) is handed to unit \(unit), which is not up")
            }
            atWork[job, default: []].formUnion(units)
        case .cancelTasks(let job): doomed.insert(job)
        case .settle(let job): pending.append(.settled(job, again: random.below(3)))
        case .finished(let job):
            finished[job, default: 0] += 1
            pending.append(.collected(job, at: now + 1))
        case .ended(let job):
            if ended[job] != nil { broken.append("job \(job) ends twice") }
            ended[job] = machine.forget(job)
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
