import Control
import Pools
import Scheduling
import Timing

// A run's receipt, put together from what was asked, what the ledger holds and when the phases changed.
extension RunPlan {
    /// - Parameters:
    ///   - name: the job's.
    ///   - row: the job as it was when its workers were back or gone.
    ///   - account: the sum of its records.
    ///   - accepted: when the daemon had accepted the job.
    ///   - host: where it ran.
    func receipt(
        _ name: String, _ row: JobRow, _ finished: FinishedJob, _ account: RunAccount, accepted: UInt64, host: Host
    ) -> Receipt {
        var stamps = row.stamps
        stamps.accepted = accepted
        stamps.begin(at: account.firstStart)
        stamps.lastStop = account.lastStop
        let times = stamps.phases
        let startup = row.reason == nil ? finished.startupPaid : times.startup
        let derived = DerivedFigures(
            taskSum: account.samples.sum, tasks: account.samples.count, run: times.run,
            workers: shape.workers, startup: startup)
        return Receipt(
            job: name, workload: definition.name, arguments: arguments, input: input,
            mode: shape.mode, processes: shape.processes, threads: shape.threads,
            temperature: row.reason == nil ? .warm : .cold,
            reason: row.reason?.text, outcome: outcome(row, account.tasks), tasks: account.tasks,
            phases: Phases(
                queue: times.queue, startup: times.startup, dispatch: times.dispatch, run: times.run,
                collect: times.collect, teardown: times.teardown),
            poolStartupPaid: row.reason == nil ? finished.startupPaid : 0,
            poolReadyFor: row.reason == nil && finished.readyAt != 0
                ? (stamps.leased ?? accepted).since(finished.readyAt) : 0,
            task: taskTimes(account), speedup: derived.speedup, efficiency: derived.efficiency,
            breakEven: derived.breakEven,
            valueSum: definition.unit == nil ? 0 : Int(account.valueSum), valueUnit: definition.unit,
            figures: account.figures,
            workerCosts: Self.workerCosts(finished.crew, account.seats, ready: stamps.ready),
            failures: Self.failures(row, account), deaths: row.deaths,
            reruns: finished.loss.reruns, timeLost: Int(clamping: finished.loss.nanoseconds),
            interpreter: Self.interpreter(finished, run: times.run),
            histograms: Histograms(
                task: account.samples.distribution.text, dispatch: account.dispatch(since: stamps.ready)?.text),
            host: host)
    }

    /// What an interpreter's workers were made of, and what the start of the slowest went into.
    private static func interpreter(_ finished: FinishedJob, run: Int) -> Interpreter? {
        guard let report = finished.report else { return nil }
        var own = Interpreter(
            version: report.version, takesTurns: report.takesTurns, program: 0, imports: 0, fork: 0, ready: 0,
            waited: 0,
            warnings: report.warnings
        )
        let crew = finished.crew.compactMap { $0 }.filter { $0.readyAt != 0 }
        for member in crew {
            own.waited += min(Int(clamping: member.delayed), run)
        }
        guard let slowest = crew.max(by: { $0.readyAt.since($0.askedAt) < $1.readyAt.since($1.askedAt) }) else {
            return own
        }
        // Each from where the one before has ended, so that they add up to the whole.
        var last = slowest.askedAt
        func part(until end: UInt64) -> Int {
            let end = min(max(end, last), slowest.readyAt)
            defer { last = end }
            return end.since(last)
        }
        own.program = part(until: report.begunAt)
        own.imports = part(until: report.loadedAt)
        own.fork = part(until: slowest.begunAt)
        own.ready = part(until: slowest.readyAt)
        return own
    }

    private func outcome(_ row: JobRow, _ tasks: Tasks) -> Receipt.Outcome {
        switch row.cancelled {
        // A job that was done before it could be told is not cancelled; a lease is never done before its client says so.
        case _ where tasks.ok == tasks.total && spec.stream == nil: .ok
        case .timeout: .timeout
        case .request, .shutdown: .cancelled
        case .released where tasks.failed + tasks.lost == 0: tasks.cancelled == 0 ? .ok : .cancelled
        case .released: .failed
        case .workersFailed, .halt, nil: .failed
        }
    }

    /// With why tasks were cancelled, where that is that no workers came up for them.
    private static func failures(_ row: JobRow, _ account: RunAccount) -> [Failure] {
        guard let reason = row.failureReason, let first = account.firstCancelled else { return account.failures }
        let failure = Failure(
            reason: "workers did not start: \(reason)", count: account.tasks.cancelled, firstTask: first)
        return account.failures + [failure]
    }

    private func taskTimes(_ account: RunAccount) -> TaskTimes {
        let samples = account.samples
        let percentiles = samples.percentiles([50, 90, 99])
        return TaskTimes(
            sum: Int(clamping: samples.sum), cpuSum: Int(clamping: account.cpuSum), cpuCovered: account.cpuCovered,
            cpuInterval: Int(spec.plan.cpuInterval), min: Int(samples.min), p50: Int(percentiles[0]),
            p90: Int(percentiles[1]), p99: Int(percentiles[2]), max: Int(samples.max))
    }

    private static func workerCosts(
        _ crew: [CrewMember?], _ seats: [RunAccount.Seat], ready: UInt64?
    ) -> [WorkerCost] {
        zip(crew, seats).enumerated().map { index, pair in
            let (member, seat) = pair
            let isUp = member.map { $0.readyAt != 0 } ?? false
            return WorkerCost(
                worker: index, pid: member?.pid ?? 0, tid: member?.tid ?? 0,
                startup: isUp ? member.map { $0.readyAt.since($0.askedAt) } ?? 0 : 0,
                dispatch: seat.firstStart.flatMap { start in ready.map { start.since($0) } } ?? 0, tasks: seat.tasks)
        }
    }
}
