import Pools

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
