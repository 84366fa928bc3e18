import Ledger
import Linux
import Synchronization

/// A job's part of the arena. It goes back to be used again once the job has ended and nobody reads it any more.
final class JobMemory: Sendable {
    let extent: Range<Int>
    /// What was asked for, of which the extent may be more.
    let byteCount: Int
    let user: UInt32
    private let supervisor: Supervisor
    /// Whether the job has ended, so that only readers keep the memory.
    private let isRetained = Atomic(false)

    init(_ extent: Range<Int>, _ byteCount: Int, for user: UInt32, of supervisor: Supervisor) {
        self.extent = extent
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
        view.ended(since: &cursor, atMost: limit).map { EndedTask($0, view.job.record($0).pointee, view, memory) }
    }
}
