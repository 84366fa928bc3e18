/// One task of a run. `start` and `stop` are nanoseconds since the acceptance of the job.
public struct Record: Codable, Sendable, Equatable {
    public var task: Int
    /// Counts from 0 within the run.
    public var worker: Int
    public var pid: Int
    public var tid: Int
    public var start: Int
    public var stop: Int
    public var cpu: Int
    public var attempt: Int
    /// `ok`, `failed`, `lost` or `cancelled`.
    public var status: String
    public var value: Int
    public var reason: String?
    /// Of tasks that are commands.
    public var command: CommandRecord?
    /// Of tasks that ask a server.
    public var fetch: FetchRecord?
    /// What tasks of other workloads tell of themselves, by the keys of the workload's columns.
    public var detail: [String: Int]?

    public init(
        task: Int, worker: Int, pid: Int, tid: Int, start: Int, stop: Int, cpu: Int, attempt: Int, status: String,
        value: Int, reason: String?, command: CommandRecord? = nil, fetch: FetchRecord? = nil,
        detail: [String: Int]? = nil
    ) {
        self.task = task
        self.worker = worker
        self.pid = pid
        self.tid = tid
        self.start = start
        self.stop = stop
        self.cpu = cpu
        self.attempt = attempt
        self.status = status
        self.value = value
        self.reason = reason
        self.command = command
        self.fetch = fetch
        self.detail = detail
    }
}
