import Control
import Report

/// Runs with records, made up so that every figure can be checked by hand.
enum Runs {
    /// A cold run of 100 ms on two workers: 10 ms of start-up, then `tasks` tasks of equal length in turn until 90 ms.
    static func cold(tasks: Int = 8, status: (Int) -> String = { _ in "ok" }) -> RecordedRun {
        let time = tasks > 0 ? 80_000_000 * 2 / max(tasks, 2) : 0
        let records = (0..<tasks).map { task in
            Record(
                task: task, worker: task % 2, pid: 700, tid: 701 + task % 2, start: 10_000_000 + task / 2 * time,
                stop: 10_000_000 + (task / 2 + 1) * time, cpu: time / 2, attempt: 1, status: status(task), value: task,
                reason: status(task) == "ok" ? nil : "write: No space left on device")
        }
        return RecordedRun(
            label: "2 threads, cold", receipt: receipt(.cold, startup: 10_000_000, tasks: records), blocks: [records])
    }

    /// A warm run of one worker: two tasks of 30 ms from 0 on, and 1 ms that nothing happened in.
    static let warm: RecordedRun = {
        let records = (0..<2).map { task in
            Record(
                task: task, worker: 0, pid: 700, tid: 701, start: task * 30_000_000, stop: (task + 1) * 30_000_000,
                cpu: 1, attempt: 1, status: "ok", value: 0, reason: nil)
        }
        return RecordedRun(
            label: "serial, warm", receipt: receipt(.warm, startup: 0, tasks: records), blocks: [records])
    }()

    private static func receipt(_ temperature: Receipt.Temperature, startup: Int, tasks: [Record]) -> Receipt {
        let isCold = temperature == .cold
        let failed = tasks.count { $0.status != "ok" }
        return Receipt(
            job: "j1", workload: "io", arguments: ["size": "8MiB"], mode: isCold ? .threads : .serial, processes: 1,
            threads: isCold ? 2 : 1, temperature: temperature, reason: isCold ? "requested" : nil,
            outcome: failed > 0 ? .failed : .ok, tasks: Tasks(ok: tasks.count - failed, failed: failed),
            phases: Phases(
                queue: 0, startup: startup, dispatch: 0, run: isCold ? 80_000_000 : 60_000_000, collect: 1_000_000,
                teardown: isCold ? 9_000_000 : 0),
            poolStartupPaid: isCold ? 0 : 250_000, poolReadyFor: 0,
            task: TaskTimes(
                sum: 160_000_000, cpuSum: 80_000_000, cpuCovered: tasks.count, cpuInterval: 20_000, min: 20_000_000,
                p50: 20_000_000, p90: 20_000_000, p99: 20_000_000, max: 20_000_000), speedup: isCold ? 2 : 1,
            efficiency: 1, breakEven: nil, valueSum: 28, valueUnit: nil,
            workerCosts: (0..<(isCold ? 2 : 1)).map { worker in
                WorkerCost(
                    worker: worker, pid: 700, tid: 701 + worker, startup: 9_000_000 + worker * 500_000, dispatch: 0,
                    tasks: tasks.count { $0.worker == worker })
            },
            failures: failed > 0 ? [Failure(reason: "write: No space left on device", count: failed, firstTask: 0)] : []
        )
    }
}
