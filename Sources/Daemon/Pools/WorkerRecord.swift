import Ledger
import Linux
import Scheduling

/// What the driver knows of a worker process beside what the machine does: its units, its slots, its handle, its orders.
final class WorkerRecord {
    let id: ProcessID
    let runtime: RuntimeID
    let domain: Domain
    /// Whether its first thread is a thread host, with a slot beside those of its units.
    let hasThreadHost: Bool
    /// Its units, oldest first.
    var units: [UnitID]
    /// The slot of its first thread: a worker's, or the thread host's. Nil until it has been asked for.
    var head: Int?
    /// With which the slot was offered to it.
    var ticket: UInt32 = 0
    /// The process of the zygote that was asked for it, which leads the group that its forks are born in.
    var zygote: Int32 = 0
    /// Nil until the zygote has told of it.
    var handle: ProcessHandle?
    var isToBeKilled = false
    /// Orders for the thread host that wait until it has carried out the one before.
    var orders: [(order: Slot.Order, subject: UInt64)] = []

    init(id: ProcessID, runtime: RuntimeID, domain: Domain, hasThreadHost: Bool, units: [UnitID]) {
        self.id = id
        self.runtime = runtime
        self.domain = domain
        self.hasThreadHost = hasThreadHost
        self.units = units
    }
}
