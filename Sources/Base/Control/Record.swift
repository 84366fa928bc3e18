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

/// How a command ended and what it took, its children that it waited for included, over all its tries. Times are
/// nanoseconds.
public struct CommandRecord: Codable, Sendable, Equatable {
    /// -1 where a signal ended it, or it was never started.
    public var exitCode: Int
    /// 0 where none ended it.
    public var signal: Int
    public var tries: Int
    /// From asking the kernel for a process to the program being in it.
    public var spawn: Int
    /// From there to its end.
    public var command: Int
    public var user: Int
    public var system: Int
    /// Bytes; 0 where it is less than what the worker itself has had, and so can't be told.
    public var peakMemory: Int
    public var stdoutBytes: Int
    public var stderrBytes: Int
    /// Why it was told to end: `timeout`, `output` (it wrote more than it may) or `cancelled`; nil where it ended by itself.
    public var cause: String?

    enum CodingKeys: String, CodingKey {
        case signal, tries, spawn, command, user, system, cause
        case exitCode = "exit_code"
        case peakMemory = "peak_memory"
        case stdoutBytes = "stdout_bytes"
        case stderrBytes = "stderr_bytes"
    }

    public init(
        exitCode: Int, signal: Int, tries: Int, spawn: Int, command: Int, user: Int, system: Int, peakMemory: Int,
        stdoutBytes: Int, stderrBytes: Int, cause: String? = nil
    ) {
        self.exitCode = exitCode
        self.signal = signal
        self.tries = tries
        self.spawn = spawn
        self.command = command
        self.user = user
        self.system = system
        self.peakMemory = peakMemory
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
        self.cause = cause
    }
}

/// What a server answered, and how long it took. Times are nanoseconds since the request's beginning, over all redirects
/// together; 0 for what did not happen.
public struct FetchRecord: Codable, Sendable, Equatable {
    /// What was asked for; empty where that is not known any more.
    public var url: String
    /// HTTP's status; 0 without a response.
    public var status: Int
    /// Of the body.
    public var bytes: Int
    public var redirects: Int
    /// Connections that had to be made; 0 where one that was open did.
    public var connections: Int
    /// Until the name was looked up.
    public var lookup: Int
    /// Until the connection was there.
    public var connect: Int
    /// Until TLS was agreed on.
    public var tls: Int
    public var firstByte: Int

    enum CodingKeys: String, CodingKey {
        case url, status, bytes, redirects, connections, lookup, connect, tls
        case firstByte = "first_byte"
    }

    public init(
        url: String = "", status: Int, bytes: Int, redirects: Int, connections: Int, lookup: Int, connect: Int,
        tls: Int,
        firstByte: Int
    ) {
        self.url = url
        self.status = status
        self.bytes = bytes
        self.redirects = redirects
        self.connections = connections
        self.lookup = lookup
        self.connect = connect
        self.tls = tls
        self.firstByte = firstByte
    }
}

/// A piece of what a task wrote. The last one of a task has its record; it may be the only one, and empty.
public struct Output: Codable, Sendable, Equatable {
    public var task: Int
    /// Base64.
    public var stdout: String
    /// Base64.
    public var stderr: String
    public var record: Record?

    public init(task: Int, stdout: String, stderr: String, record: Record? = nil) {
        self.task = task
        self.stdout = stdout
        self.stderr = stderr
        self.record = record
    }
}

/// When a task's output is sent.
public enum OutputOrder: String, Codable, Sendable, CaseIterable {
    /// Once it has ended.
    case ended
    /// Once all tasks before it have ended, too.
    case tasks
}
