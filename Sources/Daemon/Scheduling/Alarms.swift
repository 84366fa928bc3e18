/// Times at which something is to be looked at again, at most one for each key.
///
/// The next one is known at once; setting one costs the logarithm of how many there are.
struct Alarms<Key: Hashable & Sendable>: Sendable {
    private var times: [Key: UInt64] = [:]
    /// A heap with the earliest first. It may have entries that no longer hold; the first one always does.
    private var heap: [Entry] = []
    private var number: UInt64 = 0

    private struct Entry: Sendable {
        let time: UInt64
        /// Of entries for the same time the one that was set first comes first.
        let number: UInt64
        let key: Key

        static func < (one: Entry, other: Entry) -> Bool { (one.time, one.number) < (other.time, other.number) }
    }

    /// How many entries that no longer hold are kept at least before they are cleared out.
    private static var staleKept: Int { 64 }

    /// The earliest time.
    var next: UInt64? { heap.first?.time }

    /// Sets the time of a key; nil for none.
    mutating func set(_ key: Key, to time: UInt64?) {
        if time == nil, times.isEmpty { return }
        guard times[key] != time else { return }
        times[key] = time
        if let time {
            heap.append(Entry(time: time, number: number, key: key))
            number += 1
            rise(heap.count - 1)
        }
        if heap.count > 2 * times.count + Self.staleKept { clearOut() }
        settle()
    }

    /// Takes the earliest key whose time has come; nil while there is none.
    mutating func take(dueAt now: UInt64) -> Key? {
        guard let due = heap.first, due.time <= now else { return nil }
        times[due.key] = nil
        settle()
        return due.key
    }

    /// Removes entries from the front until the first one holds.
    private mutating func settle() {
        while let entry = heap.first, times[entry.key] != entry.time {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            sink(0)
        }
    }

    private mutating func clearOut() {
        heap = heap.filter { times[$0.key] == $0.time }
        for place in stride(from: heap.count / 2, through: 0, by: -1) { sink(place) }
    }

    private mutating func rise(_ start: Int) {
        var place = start
        while place > 0, heap[place] < heap[(place - 1) / 2] {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == place { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
