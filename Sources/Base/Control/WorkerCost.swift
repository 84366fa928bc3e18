/// What one worker of a run cost, in nanoseconds.
public struct WorkerCost: Codable, Sendable, Equatable {
    public var worker: Int
    public var pid: Int
    public var tid: Int
    /// From asking for the worker to its being ready, whenever that was.
    public var startup: Int
    /// From all workers being ready to the start of this one's first task; 0 where it ran none.
    public var dispatch: Int
    /// How many tasks it ran.
    public var tasks: Int

    public init(worker: Int, pid: Int, tid: Int, startup: Int, dispatch: Int, tasks: Int) {
        self.worker = worker
        self.pid = pid
        self.tid = tid
        self.startup = startup
        self.dispatch = dispatch
        self.tasks = tasks
    }
}
