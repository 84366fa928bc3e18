import Sharing

// Room: who may start workers when the limit is near, and who gives theirs up for it.
extension PoolMachine {
    /// Workers that may be started without a claim.
    var room: Int { policy.workerLimit - workerCount - claimed - pledged }

    /// The same for one job, which may have a claim: claims that came before go first.
    func room(for id: JobID) -> Int {
        guard claims.contains(id) else { return room }
        var room = policy.workerLimit - workerCount - pledged
        for other in claims {
            if other == id { break }
            room -= jobs[other]?.claim ?? 0
        }
        return room
    }

    /// Promises room to a job, which waits until there is as much.
    mutating func claim(_ workers: Int, for id: JobID) {
        guard let job = jobs[id], case .queued(let old) = job.stage else { return }
        if job.request.cold == nil {
            if let other = pools[job.request.kind]?.claimant, other != id { unclaim(other) }
            change(pool: job.request.kind) { $0.claimant = id }
        }
        claimed += workers - old
        change(job: id) { $0.stage = .queued(claim: workers) }
        claims.append(id)
    }

    mutating func unclaim(_ id: JobID) {
        guard !claims.isEmpty, claims.remove(id), let job = jobs[id] else { return }
        claimed -= job.claim
        change(job: id) { $0.stage = .queued(claim: 0) }
        hasRoomChanged = true
        change(pool: job.request.kind) { if $0.claimant == id { $0.claimant = nil } }
    }

    /// Lets jobs that wait for room start their workers, as far as there is room. One that needs few doesn't wait for one
    /// that needs more.
    mutating func serveClaims(_ now: UInt64) {
        for id in Array(claims) {
            guard let job = jobs[id], policy.workerLimit - workerCount - pledged >= job.claim else { continue }
            if job.request.cold != nil {
                unclaim(id)
                startCold(id, now)
            } else if now >= pools[job.request.kind]?.startFailures.retryAt ?? 0 {
                let units = job.claim / job.request.kind.workersPerUnit
                unclaim(id)
                grow(by: units, for: id, now)
            }
        }
    }

    /// Stops idle workers until there is as much room as is claimed: first those above floors, which make room for floors
    /// that are short as well, and of those the ones that have been idle for longest.
    mutating func reclaim(_ now: UInt64) {
        var lacking = workerCount - stoppingWorkers + claimed + pledged - policy.workerLimit
        let lackingForFloors = shortFloors.reduce(0) { sum, kind in
            sum + (pools[kind].map { max(0, $0.floor - $0.size) } ?? 0) * kind.workersPerUnit
        }
        var victims: [UnitID] = []
        func give(_ unit: UnitID) {
            victims.append(unit)
            lacking -= units[unit]?.workers ?? 0
            change(unit: unit) { $0.state = .stopping }
        }
        while lacking + lackingForFloors > 0, let unit = spare(isAboveFloor: true) { give(unit) }
        while lacking > 0, let unit = spare(isAboveFloor: false) {
            give(unit)
            if let kind = units[unit]?.kind {
                change(pool: kind) { if $0.hasBeenWarm { $0.shortage = .poolTooSmall } }
            }
        }
        // Jobs that have lost workers go before all that wait for room themselves, and keep workers idle meanwhile.
        if pledged > 0 {
            lacking = workerCount - stoppingWorkers + pledged - policy.workerLimit
            while lacking > 0, let unit = hoarded() { give(unit) }
            lacking = workerCount - stoppingWorkers + claimed + pledged - policy.workerLimit
        }
        // The first one to wait goes before the others, likewise.
        if lacking > 0, let first = claims.first, let job = jobs[first] {
            lacking = workerCount - stoppingWorkers + job.claim + pledged - policy.workerLimit
            while lacking > 0, let unit = hoarded(besides: job.request.cold == nil ? job.request.kind : nil, by: first)
            {
                give(unit)
            }
        }
        sendOff(victims, now)
        heldWanted = lacking > 0 && pools.values.contains { $0.held > 0 } ? lacking : 0
    }

    /// Workers that would be given up for a job that has to start some.
    ///
    /// - Parameter kind: the pool that the job waits at, whose workers it needs itself.
    func reclaimable(besides kind: PoolKind?) -> Int {
        pools.values.reduce(0) { $1.kind == kind ? $0 : $0 + sparable(in: $1) * $1.kind.workersPerUnit }
    }

    /// How many units of a pool nobody needs.
    private func sparable(in pool: PoolRow) -> Int {
        let free = pool.idle.count + pool.coming.count
        guard !pool.queue.isEmpty else { return free }
        let heads = pool.queue.heads.compactMap { jobs[$0]?.request }
        let awaited = heads.map(\.units).max() ?? 0
        // Busy ones are of no use to a job that may not wait for them.
        let kept = heads.filter(\.isInner).map(\.units).max() ?? 0
        return max(0, min(free - kept, pool.size - awaited))
    }

    /// A unit that nobody needs, the one that has been idle for longest.
    private func spare(isAboveFloor: Bool) -> UnitID? {
        first(of: pools.values.filter { sparable(in: $0) > 0 && (!isAboveFloor || $0.size > $0.floor) })
    }

    /// A free unit of a pool whose next job claims room itself, and did so later than `first`; nil stands for one that claims none.
    private func hoarded(besides kind: PoolKind? = nil, by first: JobID? = nil) -> UnitID? {
        self.first(
            of: pools.values.filter { pool in
                guard pool.kind != kind, let claimant = pool.claimant, claimant != first else { return false }
                return pool.idle.count + pool.coming.count > 0
            })
    }

    private func first(of pools: [PoolRow]) -> UnitID? {
        func age(_ unit: UnitRow) -> UInt64 { unit.state == .ready ? unit.idleSince : .max }
        // Who is up goes before those on their way.
        return pools.compactMap { ($0.idle.first ?? $0.coming.last).flatMap { units[$0] } }
            .min { (age($0), $0.id) < (age($1), $1.id) }?.id
    }

    /// Whether a user has more workers than he may, as others have come since he got them.
    func isAboveShare(_ user: UInt32) -> Bool {
        if !policy.isShared || user == UserShares.root { return false }
        return workerShares.used(by: user) > workerShares.allowance(of: user)
    }

    /// Whether a user may have the workers of one more job.
    func isWithinShare(_ request: LeaseRequest) -> Bool {
        if !policy.isShared || request.user == UserShares.root { return true }
        return request.workers <= workerShares.allowance(of: request.user) - workerShares.used(by: request.user)
    }
}
