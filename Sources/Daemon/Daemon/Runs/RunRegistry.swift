import Control
import Scheduling
import Synchronization

/// The jobs that have not ended, by name, and how many there have been.
final class RunRegistry: Sendable {
    /// What is known of a job beside what the pools know.
    struct Entry: Sendable {
        let id: JobID
        let name: String
        let workload: String
        /// Every option with its value, for those who may see it.
        var arguments: [String: String] = [:]
        let mode: Mode
        let workers: Int
        let tasks: Int
        let uid: UInt32
        let accepted: UInt64
    }

    struct Counts: Sendable {
        var finished = 0
        var refused = 0
    }

    private struct State: Sendable {
        var entries: [JobID: Entry] = [:]
        var counts = Counts()
    }

    private let prefix: String
    private let state = Mutex(State())

    /// - Parameter prefix: tells this daemon's jobs from those of the ones before it.
    init(prefix: String) {
        self.prefix = prefix
    }

    func name(of id: JobID) -> String { "\(prefix)-\(id)" }

    func add(_ entry: Entry) { state.withLock { $0.entries[entry.id] = entry } }

    func finish(_ id: JobID) {
        state.withLock { state in
            if state.entries.removeValue(forKey: id) != nil { state.counts.finished += 1 }
        }
    }

    func countRefusal() { state.withLock { $0.counts.refused += 1 } }

    var counts: Counts { state.withLock { $0.counts } }

    func entry(named name: String) -> Entry? {
        state.withLock { state in state.entries.values.first { $0.name == name } }
    }

    var entries: [Entry] { state.withLock { $0.entries.values.sorted { $0.id < $1.id } } }
}
