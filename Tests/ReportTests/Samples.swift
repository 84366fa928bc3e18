import Control
import Report

/// What the suites show.
enum Samples {
    static let style = TextStyle(color: false, unicode: true, width: 80)
    static let ascii = TextStyle(color: false, unicode: false, width: 80)

    /// Sixteen files written by four warm threads.
    static let warm = Receipt(
        job: "j1", workload: "io", arguments: ["size": "8MiB", "read": "true", "fsync": "false"], mode: .threads,
        processes: 1, threads: 4, temperature: .warm, reason: nil, outcome: .ok, tasks: Tasks(ok: 16),
        phases: Phases(queue: 12_345, startup: 0, dispatch: 18_200, run: 26_012_345, collect: 31_000, teardown: 0),
        poolStartupPaid: 247_000, poolReadyFor: 720_000_000_000,
        task: TaskTimes(
            sum: 98_300_000, cpuSum: 41_200_000, cpuCovered: 16, cpuInterval: 20_000, min: 5_810_000, p50: 6_100_000,
            p90: 6_710_000, p99: 7_020_000, max: 7_021_000),
        speedup: 3.779, efficiency: 0.9447, breakEven: 3, valueSum: 134_217_728, valueUnit: "bytes",
        workerCosts: (0..<4).map {
            WorkerCost(worker: $0, pid: 4242, tid: 4243 + $0, startup: 62_000, dispatch: 18_200 + 100 * $0, tasks: 4)
        }, failures: [])

    /// A million tasks on two by six fresh workers.
    static let cold = Receipt(
        job: "j2", workload: "noop", arguments: [:], mode: .mixed, processes: 2, threads: 6, temperature: .cold,
        reason: "pool too small", outcome: .ok, tasks: Tasks(ok: 1_000_000),
        phases: Phases(
            queue: 9_000, startup: 446_000, dispatch: 21_000, run: 20_000_000, collect: 900_000, teardown: 310_000),
        poolStartupPaid: 0, poolReadyFor: 0,
        task: TaskTimes(
            sum: 38_000_000, cpuSum: 900_000, cpuCovered: 41, cpuInterval: 20_000, min: 12, p50: 17, p90: 19, p99: 40,
            max: 61_000),
        speedup: 1.9, efficiency: 0.158, breakEven: nil, valueSum: 0, valueUnit: nil,
        workerCosts: (0..<12).map {
            WorkerCost(worker: $0, pid: 700 + $0 / 6, tid: 700 + $0, startup: 400_000, dispatch: 21_000, tasks: 83_333)
        }, failures: [])

    /// A run that was given up before any task ran.
    static let cancelled = Receipt(
        job: "j3", workload: "sleep", arguments: ["for": "1h"], mode: .serial, processes: 1, threads: 1,
        temperature: .warm, reason: nil, outcome: .cancelled, tasks: Tasks(cancelled: 4),
        phases: Phases(queue: 800_000_000, startup: 0, dispatch: 0, run: 0, collect: 4_000, teardown: 0),
        poolStartupPaid: 0, poolReadyFor: 0, task: TaskTimes(), speedup: nil, efficiency: nil, breakEven: nil,
        valueSum: 0, valueUnit: nil, workerCosts: [], failures: [])

    /// A run with every kind of trouble.
    static let failed = Receipt(
        job: "j4", workload: "io", arguments: ["dir": "/full"], mode: .processes, processes: 2, threads: 1,
        temperature: .cold, reason: "worker replaced", outcome: .failed, tasks: Tasks(ok: 5, failed: 2, lost: 1),
        phases: Phases(
            queue: 1_000, startup: 250_000, dispatch: 9_000, run: 4_000_000, collect: 10_000, teardown: 0),
        poolStartupPaid: 0, poolReadyFor: 0,
        task: TaskTimes(
            sum: 6_000_000, cpuSum: 0, cpuCovered: 0, cpuInterval: 20_000, min: 600_000, p50: 800_000, p90: 900_000,
            p99: 1_000_000, max: 1_000_000),
        speedup: 1.5, efficiency: 0.75, breakEven: 9, valueSum: 640, valueUnit: "bytes",
        workerCosts: [
            WorkerCost(worker: 0, pid: 31, tid: 31, startup: 240_000, dispatch: 9_000, tasks: 8),
            WorkerCost(worker: 1, pid: 0, tid: 0, startup: 0, dispatch: 0, tasks: 0),
        ],
        failures: [
            Failure(reason: "write: No space left on device", count: 2, firstTask: 3),
            Failure(
                reason: "worker killed by signal 9, and a reason that is far too long for a line", count: 1,
                firstTask: 7),
        ])

    static let record = Record(
        task: 3, worker: 1, pid: 4242, tid: 4244, start: 42_000, stop: 6_142_000, cpu: 2_500_000, attempt: 1,
        status: "ok", value: 8_388_608, reason: nil)
    static let lost = Record(
        task: 10, worker: 0, pid: 0, tid: 0, start: 0, stop: 0, cpu: 0, attempt: 3, status: "lost", value: 0,
        reason: "worker \"1\" died\n")
}
