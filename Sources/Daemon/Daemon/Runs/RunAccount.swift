import Catalogue
import Control
import Ledger
import Pools
import Timing

/// A run's records, read once and summed up.
struct RunAccount: Sendable {
    private let isLease: Bool
    private(set) var tasks = Tasks()
    private(set) var samples = Samples()
    private(set) var cpuSum: UInt64 = 0
    private(set) var cpuCovered = 0
    private(set) var valueSum: Int64 = 0
    private(set) var firstStart: UInt64?
    private(set) var lastStop: UInt64?
    private(set) var failures: [Failure] = []
    /// The first task that was cancelled.
    private(set) var firstCancelled: Int?
    private(set) var figures: [Figure] = []
    private(set) var seats: [Seat]
    /// Between two tasks of a worker, how long it was free.
    private var gaps = Tally()

    /// What one worker did.
    struct Seat: Sendable {
        var tasks = 0
        var firstStart: UInt64?
        private var lastStop: UInt64?

        init(tasks: Int = 0, firstStart: UInt64? = nil) {
            self.tasks = tasks
            self.firstStart = firstStart
        }

        /// Counts a task in; how long the worker had been free before it, where that is known.
        fileprivate mutating func count(_ start: UInt64, _ stop: UInt64) -> UInt64? {
            tasks += 1
            firstStart = min(firstStart ?? start, start)
            defer { lastStop = max(lastStop ?? stop, stop) }
            // A worker takes tasks in their order, but for those that are run again.
            return lastStop.flatMap { $0 <= start ? start - $0 : nil }
        }
    }

    /// Reasons that are told apart; further ones are counted together.
    static let failureKinds = 16

    init(_ job: FinishedJob, of definition: Definition) {
        isLease = false
        var details = DetailFigures(of: definition)
        seats = Array(repeating: Seat(), count: job.crew.count)
        var ok = 0
        var failed = 0
        var lost = 0
        var cancelled = 0
        var reasons: [String: Int] = [:]
        let hasResults = job.heapBytes > 0
        for task in 0..<job.taskCount {
            let record = job.record(task)
            // Each look at it is a check of what a worker wrote.
            let status = record.status
            switch status {
            case .ok: ok += 1
            case .failed: failed += 1
            case .cancelled:
                cancelled += 1
                firstCancelled = firstCancelled ?? task
            case .lost, .pending, .running: lost += 1
            }
            if status == .failed || status == .lost {
                note(
                    record.reason(
                        of: definition, own: job.detail(task).reason, result: job.result(record),
                        exit: job.loss.exits[record.pid]), of: task,
                    in: &reasons)
            }
            guard record.start != 0 else { continue }
            add(record, value: hasResults ? record.resultByteCount : record.value)
            // Of a task that was lost or cancelled with its worker nothing is known.
            if status == .ok || status == .failed, let cpu = details?.add(job.detail(task)) {
                cpuSum &+= cpu
                cpuCovered += 1
            }
        }
        figures = details?.figures ?? []
        tasks = Tasks(ok: ok, failed: failed, lost: lost, cancelled: cancelled)
        if let start = job.firstStart { firstStart = min(firstStart ?? start, start) }
    }

    /// Of a lease, whose workers have summed up by themselves what they did.
    init(leaseOf job: FinishedJob, definition: Definition) {
        isLease = true
        var ok = 0
        var failed = 0
        var cancelled = job.loss.cancelled
        let tallies = job.tallies
        seats = tallies.map { Seat(tasks: $0.ok + $0.failed + $0.cancelled, firstStart: $0.firstStart) }
        for tally in tallies {
            ok += tally.ok
            failed += tally.failed
            cancelled += tally.cancelled
            valueSum &+= tally.value
            cpuSum &+= tally.cpu
            cpuCovered += tally.cpuTasks
            samples.add(
                tally.durations, sum: tally.nanoseconds, shortest: tally.shortest, longest: tally.longest)
            if let start = tally.firstStart { firstStart = min(firstStart ?? start, start) }
            if let stop = tally.lastStop { lastStop = max(lastStop ?? 0, stop) }
        }
        if let start = job.firstStart { firstStart = min(firstStart ?? start, start) }
        failures = job.loss.reasons.sorted { $0.key < $1.key }.map {
            Failure(reason: "its worker died: \($0.key)", count: $0.value, firstTask: 0)
        }
        // Nobody but the client has read why.
        if failed > 0 { failures.append(Failure(reason: "what their results say", count: failed, firstTask: 0)) }
        tasks = Tasks(ok: ok, failed: failed, lost: job.loss.lost, cancelled: cancelled)
    }

    /// Whether no task was ever begun.
    var hasBegunNothing: Bool { firstStart == nil }

    private mutating func add(_ record: TaskRecord, value: Int64) {
        samples.record(record.stop &- record.start)
        cpuSum &+= record.cpu
        cpuCovered += Int(record.cpuTasks)
        valueSum &+= value
        firstStart = min(firstStart ?? record.start, record.start)
        lastStop = max(lastStop ?? 0, record.stop)
        let seat = Int(record.seat)
        guard seats.indices.contains(seat) else { return }
        if let gap = seats[seat].count(record.start, record.stop) { gaps.record(gap) }
    }

    /// How long workers were free before each task; nil of a lease.
    ///
    /// - Parameter ready: when they were ready.
    func dispatch(since ready: UInt64?) -> Distribution? {
        guard !isLease else { return nil }
        var all = gaps.distribution
        guard let ready else { return all }
        all.add(Distribution(seats.compactMap { $0.firstStart.map { $0 > ready ? $0 - ready : 0 } }))
        return all
    }

    private mutating func note(_ reason: String?, of task: Int, in places: inout [String: Int]) {
        let reason = reason ?? "unknown"
        if let place = places[reason] ?? (failures.count == Self.failureKinds ? failures.count - 1 : nil) {
            failures[place].count += 1
            return
        }
        let isLast = failures.count == Self.failureKinds - 1
        places[reason] = failures.count
        failures.append(Failure(reason: isLast ? "other reasons" : reason, count: 1, firstTask: task))
    }
}
