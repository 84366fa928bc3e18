/// A pool's entry in the machine.
public struct PoolRow: Sendable {
    public let kind: PoolKind
    /// Units that are kept whatever happens.
    public var floor: Int
    /// Jobs that wait for units.
    public internal(set) var queue = JobQueue()
    /// Units of an earlier generation are stopped as soon as they are free.
    var generation = 0
    /// Whether all of the units were up at some time.
    var hasBeenWarm = false
    var shrinksNow = false
    /// Why workers of the floor are missing; nil before they were there for the first time.
    var shortage: ColdReason?
    /// Times that workers died that were not up yet.
    var startFailures = StartFailures()
    /// When a job last gave its workers back, or others were started for one that waited.
    var relievedAt: UInt64 = 0
    /// Jobs in a row that took no longer than a moment.
    var shortJobs = 0
    /// Units that died unasked.
    public internal(set) var replaced = 0

    /// Units that are not cold and have not been told to stop. The rest of the counts is about these.
    var members: Set<UnitID> = []
    /// Those of the newest generation that no client holds.
    var size = 0
    /// Those that clients hold.
    var held = 0
    /// Those that are up.
    var ready = 0
    /// Those that are not up yet.
    var starting = 0
    /// Free units of the newest generation that are up. The one that worked last stands last.
    var idle = OrderedSet<UnitID>()
    /// Free units of the newest generation that are not up yet.
    var coming = OrderedSet<UnitID>()
    /// Free units of earlier generations that are up.
    var outdated = OrderedSet<UnitID>()
    /// Units that are at jobs, by user, where users are told apart.
    var busy: [UInt32: Int] = [:]
    /// The process in which the newest generation's threads are started, in pools of threads.
    var host: ProcessID?
    /// Jobs that are not stopping.
    var jobs = 0
    /// The waiting job for which the pool claims room to grow.
    var claimant: JobID?

    init(kind: PoolKind, floor: Int) {
        self.kind = kind
        self.floor = floor
    }

    /// Whether it has the size that it is to have, and nobody waits for it.
    var isSettled: Bool {
        size == floor && queue.isEmpty && claimant == nil && outdated.isEmpty && !shrinksNow && !members.isEmpty
    }

    /// Takes a job in, which waits here unless its workers are its own.
    ///
    /// - Returns: whether it may be the next one: not where another of the same user waits already.
    mutating func enter(_ id: JobID, _ request: LeaseRequest) -> Bool {
        jobs += 1
        return request.cold != nil || queue.append(id, of: request.user)
    }

    /// A job needs no more of the pool than the workers it has, which are its own.
    ///
    /// - Returns: whether it was the last one.
    mutating func endJob() -> Bool {
        jobs -= 1
        return jobs == 0
    }

    /// Counts a unit as a member, or as one no longer.
    ///
    /// - Parameters:
    ///   - old: the unit as it was while a member; nil where it was none.
    ///   - new: as it is, where it is one.
    mutating func recount(_ old: UnitRow?, _ new: UnitRow?) {
        if let old {
            count(old, isIn: false)
            if new == nil { members.remove(old.id) }
        }
        if let new {
            count(new, isIn: true)
            if old == nil { members.insert(new.id) }
        }
    }

    /// Counts how many units a user has at jobs.
    mutating func countBusy(_ user: UInt32, _ change: Int) {
        let count = (busy[user] ?? 0) + change
        busy[user] = count == 0 ? nil : count
    }

    private mutating func count(_ unit: UnitRow, isIn: Bool) {
        let sign = isIn ? 1 : -1
        if unit.state == .ready { ready += sign } else { starting += sign }
        let isNewest = unit.generation == generation
        if unit.isHeld { held += sign } else if isNewest { size += sign }
        guard unit.job == nil else { return }
        switch (isIn, unit.state, isNewest) {
        case (true, .ready, true): idle.append(unit.id)
        case (true, .ready, false): outdated.append(unit.id)
        case (true, _, true): coming.append(unit.id)
        case (true, _, false): break
        case (false, _, _):
            if !idle.remove(unit.id), !coming.remove(unit.id) { outdated.remove(unit.id) }
        }
    }

    /// Begins a new generation: the units that there are belong to an earlier one from now on.
    mutating func age() {
        generation += 1
        size = 0
        host = nil
        for unit in idle { outdated.append(unit) }
        idle = OrderedSet()
        coming = OrderedSet()
        shortage = .workerReplaced
    }

    /// Has other units kept than before, from now on.
    mutating func resize(to size: Int) {
        floor = size
        shrinksNow = true
        shortage = .poolTooSmall
    }
}

/// Jobs that wait. Users are served in turn, the jobs of each first come first served, so that nobody waits for more than
/// one job of each other user before his own first one.
public struct JobQueue: Sendable {
    /// The users who have jobs here, in the order of their turns.
    private var turns = OrderedSet<UInt32>()
    private var jobs: [UInt32: OrderedSet<JobID>] = [:]
    public private(set) var count = 0

    public var isEmpty: Bool { count == 0 }
    /// How many users have jobs here.
    var userCount: Int { turns.count }

    /// The job whose turn it is.
    var first: JobID? { turns.first.flatMap { jobs[$0]?.first } }

    /// The first job of each user, in the order of their turns.
    var heads: some Sequence<JobID> { turns.lazy.compactMap { jobs[$0]?.first } }

    /// - Returns: whether it is the first one of its user.
    mutating func append(_ job: JobID, of user: UInt32) -> Bool {
        turns.append(user)
        jobs[user, default: OrderedSet()].append(job)
        count += 1
        return jobs[user]?.count == 1
    }

    /// Puts a job back that was taken out, before the others of its user.
    mutating func putBack(_ job: JobID, of user: UInt32) {
        turns.append(user)
        jobs[user, default: OrderedSet()].prepend(job)
        count += 1
    }

    /// Takes a job out that waits no longer, wherever it stands.
    ///
    /// - Parameter isServed: it was its user's turn, and the next one of his comes after those of the others.
    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ job: JobID, of user: UInt32, isServed: Bool = false) -> Bool {
        guard jobs[user]?.remove(job) == true else { return false }
        count -= 1
        let isLast = jobs[user]?.isEmpty == true
        if isLast { jobs[user] = nil }
        // Where there is nobody else, it is his turn again.
        if isLast || (isServed && turns.count > 1) { turns.remove(user) }
        if !isLast { turns.append(user) }
        return true
    }
}
