import Control
import Linux
import Timing

/// One receipt for a run that the daemon has had in several parts: their records, counted together.
struct StreamAccount {
    private(set) var records = RecordStore()
    /// The run by which the workers were brought up, if there was one.
    var warm: Receipt?
    /// The first command, as it would be typed.
    var input: String?
    private let keepsRecords: Bool
    private var first: Receipt?
    private var tasks = (ok: 0, failed: 0, lost: 0, cancelled: 0)
    private var times = Samples()
    private var cpu = 0
    private var firstStart: Int?
    private var lastStop = 0
    private var figures: [Column] = [
        Column("spawn", "ns", \.spawn), Column("command", "ns", \.command), Column("user CPU", "ns", \.user),
        Column("system CPU", "ns", \.system), Column("peak memory", "bytes", \.peakMemory),
    ]
    private var failures: [Failure] = []
    private var workers: [Int: WorkerCost] = [:]
    private var deaths = 0
    private var reruns = 0
    private var timeLost = 0

    private struct Column {
        let name: String
        let unit: String
        let value: KeyPath<CommandRecord, Int> & Sendable
        var samples = Samples()

        init(_ name: String, _ unit: String, _ value: KeyPath<CommandRecord, Int> & Sendable) {
            self.name = name
            self.unit = unit
            self.value = value
        }
    }

    /// Reasons that are told apart.
    private static let failureKinds = 16

    init(keepsRecords: Bool) {
        self.keepsRecords = keepsRecords
    }

    /// Counts a record in, and returns it as one of the whole run: its task, its worker and its times.
    mutating func add(_ record: Record, of job: ExecJob, _ lane: ExecLane, since start: Int) -> Record {
        var moved = record
        let task = job.number - 1
        moved.task = task
        moved.worker = lane.slot - 1
        if record.pid != 0 {
            moved.start += lane.sentAt - start
            moved.stop += lane.sentAt - start
        }
        switch record.status {
        case "ok": tasks.ok += 1
        case "failed": tasks.failed += 1
        case "lost": tasks.lost += 1
        default: tasks.cancelled += 1
        }
        if record.status == "failed" || record.status == "lost" { note(record.reason ?? "unknown", task) }
        if record.pid != 0 {
            times.record(UInt64(clamping: record.stop - record.start))
            firstStart = min(firstStart ?? moved.start, moved.start)
            lastStop = max(lastStop, moved.stop)
            var cost =
                workers[moved.worker]
                ?? WorkerCost(
                    worker: moved.worker, pid: record.pid, tid: record.tid, startup: 0, dispatch: moved.start, tasks: 0)
            cost.tasks += 1
            workers[moved.worker] = cost
        }
        if let command = record.command, command.command > 0 {
            cpu += command.user + command.system
            for index in figures.indices {
                let value = command[keyPath: figures[index].value]
                if value > 0 || figures[index].unit == "ns" { figures[index].samples.record(UInt64(clamping: value)) }
            }
        }
        if keepsRecords { records.append([moved]) }
        return moved
    }

    private mutating func note(_ reason: String, _ task: Int) {
        let isKnown = failures.firstIndex { $0.reason == reason }
        if let place = isKnown ?? (failures.count == Self.failureKinds ? failures.count - 1 : nil) {
            failures[place].count += 1
        } else {
            let isLast = failures.count == Self.failureKinds - 1
            failures.append(Failure(reason: isLast ? "other reasons" : reason, count: 1, firstTask: task))
        }
    }

    /// Counts in what a part's receipt says of its workers.
    mutating func add(_ receipt: Receipt) {
        if first == nil { first = receipt }
        deaths += receipt.deaths
        reruns += receipt.reruns
        timeLost += receipt.timeLost
    }

    /// The receipt of the whole.
    ///
    /// - Parameter start: when it was begun, in nanoseconds of ``Monotonic``.
    func receipt(
        _ plan: ExecPlan, shape: Run.Request, slots: Int, start: Int, lanes: [ExecLane], interrupted: Bool, halted: Bool
    ) -> Receipt {
        let elapsed = Int(Monotonic.now()) - start
        let queue = min(warm?.phases.queue ?? first?.phases.queue ?? 0, elapsed)
        let startup = min(warm?.phases.startup ?? first?.phases.startup ?? 0, elapsed - queue)
        let begun = min(max(firstStart ?? elapsed, queue + startup), elapsed)
        let ended = min(max(lastStop, begun), elapsed)
        let threads = max(lanes.count, 1)
        let percentiles = times.percentiles([50, 90, 99]).map { Int(clamping: $0) }
        let counts = Tasks(ok: tasks.ok, failed: tasks.failed, lost: tasks.lost, cancelled: tasks.cancelled)
        let source = warm ?? first
        let derived = DerivedFigures(
            taskSum: times.sum, tasks: times.count, run: ended - begun, workers: threads,
            startup: source?.temperature == .cold ? startup : source?.poolStartupPaid ?? 0)
        let isByProcess = shape.processes != nil
        return Receipt(
            job: first?.job ?? "none", workload: "exec",
            // Tries that are seen to here stand in no part's receipt.
            arguments: (first?.arguments ?? [:]).merging(shape.arguments ?? [:]) { $1 },
            input: input.map { $0 + (counts.total > 1 ? " …" : "") },
            mode: threads == 1 ? .serial : isByProcess ? .processes : .threads,
            processes: isByProcess ? threads : 1, threads: isByProcess ? 1 : threads,
            temperature: source?.temperature ?? .warm, reason: source?.reason,
            outcome: interrupted ? .cancelled : counts.failed + counts.lost > 0 || halted ? .failed : .ok,
            tasks: counts,
            phases: Phases(
                queue: queue, startup: startup, dispatch: begun - queue - startup, run: ended - begun,
                collect: elapsed - ended, teardown: 0),
            poolStartupPaid: source?.poolStartupPaid ?? 0, poolReadyFor: source?.poolReadyFor ?? 0,
            task: TaskTimes(
                sum: Int(clamping: times.sum), cpuSum: cpu, cpuCovered: times.count, min: Int(clamping: times.min),
                p50: percentiles[0], p90: percentiles[1], p99: percentiles[2], max: Int(clamping: times.max)),
            speedup: derived.speedup, efficiency: derived.efficiency, breakEven: derived.breakEven, valueSum: 0,
            valueUnit: nil,
            figures: figures.filter { $0.samples.count > 0 }.map { Figure($0.name, $0.unit, $0.samples) },
            workerCosts: workers.values.sorted { $0.worker < $1.worker }, failures: failures, deaths: deaths,
            reruns: reruns, timeLost: timeLost)
    }
}

extension Figure {
    fileprivate init(_ name: String, _ unit: String, _ samples: Samples) {
        let percentiles = samples.percentiles([50, 99]).map { Int(clamping: $0) }
        self.init(
            name: name, unit: unit, count: samples.count, sum: Int(clamping: samples.sum),
            min: Int(clamping: samples.min), p50: percentiles[0], p99: percentiles[1], max: Int(clamping: samples.max))
    }
}
