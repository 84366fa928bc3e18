/// What becomes of the tasks that a crew left behind: claimed by a worker that died, or never claimed.
public struct Settlement: Sendable, Equatable {
    /// Tasks to be handed out again.
    public var again: [UInt32] = []
    /// Tasks that are lost for good.
    public var lost = 0
    public var cancelled = 0
    /// The earliest start among the tasks that were running; nil where none was.
    public var firstStart: UInt64?
    /// How many of the tasks in `again` had begun with a worker that died.
    public var reruns = 0
    /// The time for which workers that died had been at the tasks that they left, in nanoseconds.
    public var lostNanoseconds: UInt64 = 0

    /// Nothing was left behind.
    public init() {}

    /// How to settle.
    public enum Policy: Sendable, Equatable {
        /// Hand out again whatever has not killed this many workers yet.
        case rerun(attempts: Int)
        /// A task that may have begun is lost.
        case lose
        /// The job was cancelled.
        case cancel
    }

    /// Gives every task of `records` a terminal state or a place in `again`. No worker may be at the job.
    ///
    /// - Parameters:
    ///   - generation: the job's; a record of another one is blank.
    ///   - now: the stop of a task that ends here although it had started.
    ///   - deaths: when workers died, by the number of their process: the stop of what they were at.
    public init(
        _ records: UnsafeMutableBufferPointer<TaskRecord>, generation: UInt64, policy: Policy, now: UInt64,
        deaths: [UInt32: UInt64] = [:]
    ) {
        for (task, record) in records.enumerated() where record.generation != generation || !record.status.isTerminal {
            // Only what was running has something to keep; the rest may be half written.
            let isOwn = record.generation == generation
            var record =
                isOwn && record.status == .running
                ? record : TaskRecord(generation: generation, deaths: isOwn ? record.deaths : 0)
            let wasRunning = record.status == .running
            var stop = now
            if wasRunning {
                firstStart = min(firstStart ?? record.start, record.start)
                if let death = deaths[record.pid] {
                    stop = max(min(death, now), record.start)
                    lostNanoseconds &+= stop - record.start
                }
            }
            switch policy {
            case .cancel:
                record.status = .cancelled
                cancelled += 1
            case .lose where wasRunning:
                record.countDeath()
                record.status = .lost
                lost += 1
            case .rerun(let attempts) where wasRunning:
                record.countDeath()
                if record.deaths >= attempts {
                    record.status = .lost
                    lost += 1
                } else {
                    again.append(UInt32(task))
                    reruns += 1
                    record = TaskRecord(generation: generation, deaths: record.deaths)
                }
            case .lose, .rerun:
                again.append(UInt32(task))
            }
            if wasRunning, record.status.isTerminal { record.stop = stop }
            records[task] = record
        }
    }
}
