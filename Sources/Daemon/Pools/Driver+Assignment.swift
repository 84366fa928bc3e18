import Ledger
import Linux
import Scheduling

// Jobs that a worker is given while it is at another one, and goes on with by itself.
extension Driver {
    /// How long such a job waits for one that takes longer than those before it, until it is anybody's again.
    private static let assignedNanoseconds: UInt64 = 500_000

    func assign(_ id: JobID, to unit: UnitID) {
        guard let record = jobs[id] else { return }
        guard let place = slots[unit]?.first, slot(place).hasRoom else { return tell(.withdrawn(id)) }
        if record.isToEnlist { record.job.enlist(1) }
        record.isToEnlist = false
        if assigned[unit] == nil { assigned[unit] = Monotonic.now() }
        let sleeps = slot(place).post(.work, subject: UInt64(record.memory.extent.lowerBound))
        let order = slot(place).lastNumber
        // Who has not finished the order before has been woken for that, and looks for the next one after it.
        if sleeps, slot(place).hasFinished(order &- 1), !slot(place).wake() { wakeLater(place) }
        record.order = order
        record.isAssigned = true
        hasPublished = true
    }

    /// Has jobs be anybody's again that a unit has been given beside its own and has not begun.
    func withdraw(from unit: UnitID) {
        for id in takeBackOrders(of: unit) { tell(.withdrawn(id)) }
    }

    /// Takes back what a unit has not begun, the last one first.
    ///
    /// - Returns: the jobs, in this order.
    func takeBackOrders(of unit: UnitID) -> [JobID] {
        assigned[unit] = nil
        guard let place = slots[unit]?.first, let next = machine.units[unit]?.next else { return [] }
        var back: [JobID] = []
        for id in next.reversed() {
            guard let record = jobs[id], let order = record.order else { continue }
            if !slot(place).takeBack(order) {
                // Its worker has begun it: the job before is over, which is about to be seen.
                assigned[unit] = Monotonic.now()
                if machine.jobs[id]?.cancelled != nil { record.job.cancel() }
                break
            }
            record.order = nil
            record.isAssigned = false
            record.isToEnlist = true
            back.append(id)
        }
        return back
    }

    /// The job that a unit is at, as far as its worker's orders tell: perhaps one that it was not seen going on with.
    func jobAtHand(of unit: UnitID) -> JobID? {
        guard let row = machine.units[unit] else { return nil }
        guard let place = slots[unit]?.first else { return row.job }
        return row.next.last { jobs[$0]?.order.map { slot(place).hasTaken($0) } == true } ?? row.job
    }

    func withdrawOverdue(_ now: UInt64) {
        if assigned.isEmpty { return }
        for (unit, since) in assigned where now >= since + Self.assignedNanoseconds { withdraw(from: unit) }
    }

    var assignedUntil: UInt64? { assigned.values.min().map { $0 + Self.assignedNanoseconds } }

    /// A unit has gone on with a job, or is about to; perhaps it has left that, too.
    func goneOn(_ id: JobID, _ unit: UnitID) {
        guard let record = jobs[id] else { return }
        assigned[unit] = machine.units[unit]?.next.isEmpty == false ? Monotonic.now() : nil
        // It has just been taken back, of which the machine did not know.
        if record.order == nil { return publish(id, [unit]) }
        record.isHandedOut = true
        hasPublished = true
        if hasLeft(unit, record) { tellLeft(record) }
    }

    /// Notes what the only worker of a job says of when it was at it.
    func noteWork(on record: JobRecord) {
        guard let order = record.order, let unit = machine.jobs[record.id]?.crew.first ?? nil,
            let place = slots[unit]?.first
        else { return }
        let now = Monotonic.now()
        let (taken, done) = slot(place).times(of: order)
        guard taken > 0, taken <= done, done <= now else { return }
        machine.noteWork(on: record.id, done - taken, begun: record.isAssigned ? taken : nil)
    }
}
