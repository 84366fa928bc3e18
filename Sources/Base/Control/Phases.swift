/// Where the time of a run went, in nanoseconds.
public struct Phases: Codable, Sendable, Equatable {
    public var queue: Int
    public var startup: Int
    public var dispatch: Int
    public var run: Int
    public var collect: Int
    public var teardown: Int

    public init(queue: Int, startup: Int, dispatch: Int, run: Int, collect: Int, teardown: Int) {
        self.queue = queue
        self.startup = startup
        self.dispatch = dispatch
        self.run = run
        self.collect = collect
        self.teardown = teardown
    }

    /// The whole run.
    public var sum: Int { queue + startup + dispatch + run + collect + teardown }
}
