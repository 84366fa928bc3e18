import Control
import Glibc
import Linux
import Pools
import Scheduling
import Timing
import VarlinkServer

/// The daemon in metrics: what it has counted, and how pools, jobs and users are now.
struct MetricsReport: Sendable {
    let counts: RunCounts.Counts
    let machine: PoolMachine
    let runtimes: [(name: String, state: String)]
    /// Shared memory that jobs hold, in bytes.
    let ledgerBytes: Int
    let isReady: Bool
    let process: ProcessUsage
    let isShared: Bool

    init(of daemon: DaemonContext, _ snapshot: Snapshot) {
        counts = daemon.counts.counts
        machine = snapshot.machine
        runtimes = snapshot.runtimes.map { ($0.row.title, $0.health.name) }
        ledgerBytes = daemon.supervisor.ledgerBytesUsed
        isReady =
            !snapshot.machine.isDraining && snapshot.brokenReason == nil && snapshot.machine.isEveryFloorReady
        process = ProcessUsage(start: daemon.startTime)
        isShared = daemon.access.isShared
    }

    /// Without runtimes.
    init(_ counts: RunCounts.Counts, _ machine: PoolMachine, process: ProcessUsage) {
        self.counts = counts
        self.machine = machine
        runtimes = []
        ledgerBytes = 0
        isReady = machine.isEveryFloorReady
        self.process = process
        isShared = false
    }

    /// All of them. Those that have no series are among them.
    var metrics: [Metric] { daemon + pools + runs + faults + users }

    private var daemon: [Metric] {
        [
            Metric(
                "pard_build", .info, "The daemon's version.",
                points: [.init(["version": Version.current], value: 1)]),
            gauge("process_start_time_seconds", unit: "seconds", "When the daemon started, since 1970.", process.start),
            Metric(
                "process_cpu_seconds", .counter, unit: "seconds", "Processor time that the daemon itself has taken.",
                points: [.init(value: process.cpu)]),
            gauge(
                "process_resident_memory_bytes", unit: "bytes", "Memory of the daemon itself.",
                Double(process.residentBytes)),
            gauge(
                "pard_ready", "1 where every pool has the workers that it keeps warm and can start more.",
                isReady ? 1 : 0),
            gauge("pard_ledger_bytes", unit: "bytes", "Shared memory that jobs hold.", Double(ledgerBytes)),
            Metric(
                "pard_runtimes", .gauge, "What workers can be made of, and how it is.",
                points: runtimes.map { .init(["runtime": $0.name, "state": $0.state], value: 1) }),
        ]
    }

    private var pools: [Metric] {
        let kinds = machine.pools.keys.sorted()
        func labels(_ kind: PoolKind, _ more: [String: String] = [:]) -> [String: String] {
            ["pool": machine.name(of: kind), "runtime": machine.runtimes[kind.runtime]?.title ?? ""]
                .merging(more) { $1 }
        }
        let workers = kinds.flatMap { kind -> [MetricPoint] in
            let members = machine.members(of: kind)
            func point(_ state: String, _ isIn: (UnitRow) -> Bool) -> MetricPoint {
                let count = members.reduce(0) { $0 + (isIn($1) ? $1.workers : 0) }
                return .init(labels(kind, ["state": state]), value: Double(count))
            }
            return [
                point("busy") { $0.job != nil }, point("idle") { $0.job == nil && $0.state == .ready },
                point("starting") { $0.job == nil && $0.state != .ready },
            ]
        }
        let jobs = ["queued": machine.queuedJobs, "running": machine.jobs.count - machine.queuedJobs]
        return [
            Metric("pard_pool_workers", .gauge, "Workers of each pool.", points: workers),
            Metric(
                "pard_pool_floor_workers", .gauge, "Workers that each pool keeps warm.",
                points: kinds.map {
                    .init(labels($0), value: Double((machine.pools[$0]?.floor ?? 0) * $0.workersPerUnit))
                }),
            Metric(
                "pard_pool_queued_jobs", .gauge, "Jobs that wait for workers of each pool.",
                points: kinds.map { .init(labels($0), value: Double(machine.pools[$0]?.queue.count ?? 0)) }),
            gauge("pard_workers", "Workers of all pools and cold runs.", Double(machine.workerCount)),
            gauge("pard_busy_workers", "Those of them that are at a job.", Double(machine.busyWorkers)),
            gauge("pard_worker_limit", "How many there may be.", Double(machine.policy.workerLimit)),
            Metric(
                "pard_jobs", .gauge, "Jobs that have not ended.",
                points: jobs.sorted { $0.key < $1.key }.map { .init(["state": $0.key], value: Double($0.value)) }),
        ]
    }

    private var runs: [Metric] {
        // Labels are made once for all metrics of a series: they are most of what these cost.
        let series = counts.series.compactMap(\.self).map { one in
            (
                one: one,
                labels: [
                    "workload": one.workload, "mode": one.mode.rawValue, "temperature": one.temperature.rawValue,
                ]
            )
        }
        func outcomes(_ counts: (RunCounts.Series) -> [(Receipt.Outcome, Int)]) -> [MetricPoint] {
            series.flatMap { one, labels in
                counts(one).filter { $0.1 > 0 }.map { outcome, count in
                    var labels = labels
                    labels["outcome"] = outcome.rawValue
                    return MetricPoint(labels, value: Double(count))
                }
            }
        }
        func durations(
            _ name: String, _ help: String, _ buckets: (RunCounts.Series) -> Buckets
        ) -> Metric {
            let points = series.compactMap { one, labels -> MetricPoint? in
                let buckets = buckets(one)
                guard buckets.count > 0 else { return nil }
                return MetricPoint(labels, counts: buckets.counts, sum: Double(buckets.sum) / 1e9)
            }
            return Metric(
                name, .histogram, unit: "seconds", help, bounds: Buckets.bounds.map { Double($0) / 1e9 },
                points: points)
        }
        let tasks = series.flatMap { one, labels in
            [
                ("ok", one.tasks.ok), ("failed", one.tasks.failed), ("lost", one.tasks.lost),
                ("cancelled", one.tasks.cancelled),
            ].filter { $0.1 > 0 }.map { outcome, count in
                var labels = labels
                labels["outcome"] = outcome
                return MetricPoint(labels, value: Double(count))
            }
        }
        return [
            Metric(
                "pard_runs", .counter, "Runs that have ended.",
                points: outcomes { Array(zip(Receipt.Outcome.allCases, $0.runs)) }),
            Metric(
                "pard_leases", .counter, "Leases that have ended.",
                points: outcomes { Array(zip(Receipt.Outcome.allCases, $0.leases)) }),
            Metric("pard_tasks", .counter, "Tasks of runs and leases that have ended.", points: tasks),
            Metric(
                "pard_task_reruns", .counter, "How often tasks were run again because a worker died at them.",
                points: series.map { .init($0.labels, value: Double($0.one.reruns)) }),
            Metric(
                "pard_task_cpu_seconds", .counter, unit: "seconds", "Processor time measured in tasks.",
                points: series.map { .init($0.labels, value: Double($0.one.taskCPU) / 1e9) }),
            durations("pard_queue_seconds", "From a run's acceptance until it has its workers.") { $0.queue },
            durations("pard_startup_seconds", "What starting the workers of cold runs took.") { $0.startup },
            durations("pard_dispatch_seconds", "From all workers being ready to a run's first task.") { $0.dispatch },
            durations("pard_task_seconds", "How long each task took.") { $0.task },
        ]
    }

    private var faults: [Metric] {
        let refusals = counts.refusals.sorted { ($0.key.reason, $0.key.limit) < ($1.key.reason, $1.key.limit) }
        return [
            Metric(
                "pard_refusals", .counter, "Runs and leases that were not taken in.",
                points: refusals.map { refused, count in
                    var labels = ["reason": refused.reason]
                    if !refused.limit.isEmpty { labels["limit"] = refused.limit }
                    return .init(labels, value: Double(count))
                }),
            Metric(
                "pard_worker_losses", .counter, "Worker processes that ended unasked, by how they did.",
                points: counts.losses.sorted { $0.key < $1.key }.map {
                    .init(["exit": $0.key], value: Double($0.value))
                }),
            Metric(
                "pard_worker_replacements", .counter, "Workers that have taken the places of lost ones.",
                points: [.init(value: Double(machine.replaced))]),
            Metric(
                "pard_zygote_losses", .counter, "Fork servers that ended unasked.",
                points: [.init(value: Double(counts.zygoteLosses))]),
            Metric(
                "pard_fork_failures", .counter, "Workers that a fork server could not start.",
                points: [.init(value: Double(counts.forkFailures))]),
        ]
    }

    private var users: [Metric] {
        let loads = machine.userLoads
        func points(_ value: (UserLoad) -> Int) -> [MetricPoint] {
            loads.map { .init(["uid": "\($0.user)"], value: Double(value($0))) }
        }
        return [
            Metric("pard_user_workers", .gauge, "Workers that are at each user's jobs.", points: points(\.workers)),
            Metric(
                "pard_user_allowed_workers", .gauge, "The most workers that each user with jobs may have now.",
                points: points(\.allowedWorkers)),
            Metric(
                "pard_user_queued_jobs", .gauge, "Jobs of each user that wait for workers.",
                points: points(\.queuedJobs)),
            Metric(
                "pard_user_runs", .counter, "Runs and leases of each user that have ended.",
                points: counts.users.map { (user: $0.key.map { "\($0)" } ?? RunCounts.others, runs: $0.value) }
                    .sorted { $0.user < $1.user }
                    .map { .init(["uid": $0.user], value: Double($0.runs)) }),
        ]
    }

    private func gauge(_ name: String, unit: String? = nil, _ help: String, _ value: Double) -> Metric {
        Metric(name, .gauge, unit: unit, help, points: [.init(value: value)])
    }
}

/// What the daemon's own process has taken.
struct ProcessUsage: Sendable {
    /// Seconds since 1970.
    var start = 0.0
    /// Processor time in seconds.
    var cpu = 0.0
    var residentBytes = 0

    init() {}

    /// As it is now, of a process that started at `start`.
    init(start: Double) {
        self.start = start
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        cpu = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        let pages = (try? readFile("/proc/self/statm", atMost: 4096)).flatMap {
            String(decoding: $0, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }
        residentBytes = (pages ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Seconds since 1970.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec / 1_000_000) / 1000
    }
}

/// `GetMetrics`.
struct MetricsHandler: Sendable {
    let daemon: DaemonContext

    func answer(_ call: IncomingCall) {
        daemon.supervisor.look { [daemon] snapshot in
            daemon.background.run {
                guard let snapshot else { return call.fail(ControlError.draining) }
                call.reply(text: GetMetrics.Reply(metrics: MetricsReport(of: daemon, snapshot).metrics).json)
            }
        }
    }
}
