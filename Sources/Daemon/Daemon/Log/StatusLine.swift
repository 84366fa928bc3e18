import Journal
import Scheduling
import Synchronization

/// What `systemctl status` shows of a daemon.
struct StatusLine: Sendable, CustomStringConvertible {
    let load: Load

    /// Such as `4 threads and 4 processes warm; 3 of 8 workers busy, 0 jobs waiting`.
    var description: String {
        let pools = load.pools.filter { $0.ready > 0 || $0.floor > 0 }.map { pool in
            pool.ready < pool.floor ? "\(pool.ready) of \(pool.floor) \(pool.name)" : "\(pool.ready) \(pool.name)"
        }
        let warm = pools.isEmpty ? "No pool is kept" : "Warm: \(pools.joined(separator: ", "))"
        let work = "busy: \(load.busyWorkers) of \(load.workers) workers; waiting jobs: \(load.queuedJobs)"
        return "\(load.isDraining ? "Letting jobs finish. " : "")\(warm); \(work)"
    }
}

/// Keeps the status that the service manager shows: how busy the pools are, and after a reload how that went, until the load
/// changes.
final class StatusDisplay: Sendable {
    private let load = Mutex<Load?>(nil)

    func show(_ load: Load) {
        self.load.withLock { $0 = load }
        Notify.status("\(StatusLine(load: load))")
    }

    /// The status once a reload is over.
    ///
    /// - Parameter outcome: how it went, such as `Configuration reloaded`.
    func text(after outcome: String) -> String {
        guard let load = load.withLock(\.self) else { return outcome }
        return "\(outcome). \(StatusLine(load: load))"
    }
}
