import Control
import Pools

/// Says when the output of which task is to be sent.
struct OutputRelay: Sendable {
    private let order: OutputOrder
    private var seen: Set<Int> = []
    /// Tasks that have ended and wait for those before them.
    private var waiting: [Int: EndedTask] = [:]
    /// The next one in the order of the tasks.
    private var next = 0

    init(order: OutputOrder) {
        self.order = order
    }

    /// Takes in tasks that have ended, some of which it may know already.
    ///
    /// - Returns: those whose output is to be sent now, in this order.
    mutating func take(_ ended: [EndedTask]) -> [EndedTask] {
        let new = ended.filter { seen.insert($0.task).inserted }
        guard order == .tasks else { return new }
        for task in new { waiting[task.task] = task }
        var ready: [EndedTask] = []
        while let task = waiting.removeValue(forKey: next) {
            ready.append(task)
            next += 1
        }
        return ready
    }
}
