import Scheduling

/// Until when units have to be up, in the order in which they were asked for, which is that of their deadlines.
struct StartDeadlines {
    private var entries: [(due: UInt64, units: [UnitID])] = []
    private var first = 0

    mutating func add(_ units: [UnitID], due: UInt64) {
        entries.append((due, units))
    }

    /// The next deadline of a unit that is waited for.
    mutating func next(where isAwaited: (UnitID) -> Bool) -> UInt64? {
        while first < entries.count, !entries[first].units.contains(where: isAwaited) { first += 1 }
        if first == entries.count {
            entries.removeAll(keepingCapacity: true)
            first = 0
            return nil
        }
        if first > 1024 {
            entries.removeFirst(first)
            first = 0
        }
        return entries[first].due
    }

    /// Units whose time was up at `now`, whether or not they are waited for.
    mutating func takeDue(_ now: UInt64) -> [UnitID] {
        var due: [UnitID] = []
        while first < entries.count, entries[first].due <= now {
            due += entries[first].units
            first += 1
        }
        return due
    }
}
