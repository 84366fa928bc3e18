import Linux
import Pools

/// Which results of a run are sent while its other tasks are still at work: those of the first tasks, in their order, some of
/// them now and then. All others come in the file beside the receipt, which costs far less, so that of millions few are sent
/// here, and none that is large.
struct EarlyResults: Sendable {
    /// Tasks that are looked at for one reply.
    private static let tasksAtOnce = 256
    /// About what a result takes in a reply beside its bytes.
    private static let taskBytes = 512
    /// Less than the time between two pieces of news, so that each of them finds it over.
    private static let pauseNanoseconds = RunPlan.outputNanoseconds / 2

    /// How many have been sent.
    private(set) var count = 0
    /// Whether all that follow come in the file.
    private var isOver = false
    private var pausesUntil: UInt64 = 0

    /// The tasks whose results are to be sent now; nil where there are none.
    mutating func next(_ log: JobLog) -> [EndedTask]? {
        let now = Monotonic.now()
        if isOver || now < pausesUntil { return nil }
        var left = OutputSpool.pieceBytes
        var tasks: [EndedTask] = []
        for task in log.ended(from: count, atMost: Self.tasksAtOnce) {
            let bytes = (task.result?.bytes.count ?? 0) + Self.taskBytes
            if bytes > OutputSpool.pieceBytes { isOver = true }
            if bytes > left { break }
            left -= bytes
            tasks.append(task)
        }
        if tasks.isEmpty { return nil }
        count += tasks.count
        pausesUntil = now + Self.pauseNanoseconds
        return tasks
    }
}
