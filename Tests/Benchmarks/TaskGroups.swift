import Linux

/// Swift's own concurrency: tasks of a group on the threads that the runtime has, one for each processor.
final class TaskGroupPool: ClosurePool {
    static let title = "TaskGroup"

    init(threads: Int) {}

    /// One task by itself has no group.
    func submit(_ body: @escaping @Sendable () -> Void) {
        Task.detached(operation: body)
    }

    func end() {}

    /// Nanoseconds a task, of `count` that a group is given one by one.
    static func group(_ count: Int, _ body: @escaping @Sendable () -> Void = {}) -> [Double] {
        let answer = Answer<Double>()
        Task.detached {
            let start = Monotonic.now()
            await withTaskGroup { group in
                for _ in 0..<count { group.addTask { body() } }
            }
            answer.give(Double(Monotonic.now() - start) / Double(count))
        }
        return [answer.wait()]
    }
}
