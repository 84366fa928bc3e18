import Ledger
import Linux
import Scheduling
import Synchronization

/// A job's part of its domain's arena. It goes back to be used again once the job has ended and nobody reads it any more.
final class JobMemory: Sendable {
    let extent: Range<Int>
    let domain: Domain
    /// What was asked for, of which the extent may be more.
    let byteCount: Int
    let user: UInt32
    private let supervisor: Supervisor
    /// Whether the job has ended, so that only readers keep the memory.
    private let isRetained = Atomic(false)

    init(
        _ extent: Range<Int>, of domain: Domain, _ byteCount: Int, for user: UInt32, by supervisor: Supervisor
    ) {
        self.extent = extent
        self.domain = domain
        self.byteCount = byteCount
        self.user = user
        self.supervisor = supervisor
    }

    deinit {
        if isRetained.load(ordering: .relaxed) { supervisor.retainedBytes.subtract(extent.count, ordering: .relaxed) }
        supervisor.giveBack(self)
    }

    /// Notes that the job has ended.
    func retain() {
        isRetained.store(true, ordering: .relaxed)
        supervisor.retainedBytes.add(extent.count, ordering: .relaxed)
    }
}

/// The tasks of a job in the order in which they end, read where workers note them: nothing is kept for a reader who takes
/// his time but the job's own memory.
public struct JobLog: Sendable {
    private let memory: JobMemory
    private let view: JobView
    /// Before any of the tasks began.
    private let startedAt = Monotonic.now()
    private var cursor = 0

    init(of id: JobID, _ view: JobView, _ memory: JobMemory) {
        self.id = id
        self.memory = memory
        self.view = view
    }

    /// The job whose it is.
    public let id: JobID

    /// The next tasks that have ended, at most so many; empty where there are none, or the job has no log.
    ///
    /// One that a worker died of while noting it holds up those after it: they are found when the job has ended.
    public mutating func next(atMost limit: Int) -> [EndedTask] {
        let ended = view.ended(since: &cursor, atMost: limit)
        let times = memory.domain.trust == .own ? nil : startedAt...Monotonic.now()
        return ended.map { task in
            let record = view.job.record(task).pointee
            return EndedTask(task, times.map { record.bounded(to: $0) } ?? record, view, memory)
        }
    }
}
