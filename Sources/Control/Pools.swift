/// A pool as an operator sees it.
public struct Pool: Codable, Sendable, Equatable {
    public var name: String
    /// What its workers are made of, by the name of a ``RuntimeStatus``.
    public var runtime: String
    /// What `floor`, `size`, `ready` and `busy` count: `threads` or `processes`.
    public var unit: String
    public var threadsPerProcess: Int
    /// `starting`, `ready` or `draining`.
    public var state: String
    /// The size that is kept warm.
    public var floor: Int
    public var size: Int
    public var ready: Int
    public var busy: Int
    /// Jobs that wait for workers of this pool.
    public var waiting: Int
    public var pids: [Int]
    /// Nanoseconds from asking for the slowest of the workers to its being ready.
    public var startupPaid: Int
    /// Nanoseconds since then.
    public var readyFor: Int
    /// Workers that died and were replaced.
    public var replaced: Int

    enum CodingKeys: String, CodingKey {
        case name, runtime, unit, state, floor, size, ready, busy, waiting, pids, replaced
        case threadsPerProcess = "threads_per_process"
        case startupPaid = "startup_paid"
        case readyFor = "ready_for"
    }

    public init(
        name: String, runtime: String = "native", unit: String, threadsPerProcess: Int, state: String, floor: Int,
        size: Int, ready: Int,
        busy: Int, waiting: Int, pids: [Int], startupPaid: Int, readyFor: Int, replaced: Int
    ) {
        self.name = name
        self.runtime = runtime
        self.unit = unit
        self.threadsPerProcess = threadsPerProcess
        self.state = state
        self.floor = floor
        self.size = size
        self.ready = ready
        self.busy = busy
        self.waiting = waiting
        self.pids = pids
        self.startupPaid = startupPaid
        self.readyFor = readyFor
        self.replaced = replaced
    }
}

public enum ListPools {
    public static let method = "org.pard.Control.ListPools"

    public struct Reply: Codable, Sendable, Equatable {
        public var pools: [Pool]

        public init(pools: [Pool]) {
            self.pools = pools
        }
    }
}

/// The reply to a change of one pool: the pool as it is then.
public struct PoolReply: Codable, Sendable, Equatable {
    public var pool: Pool

    public init(pool: Pool) {
        self.pool = pool
    }
}

public enum ResizePool {
    public static let method = "org.pard.Control.ResizePool"

    public struct Request: Codable, Sendable, Equatable {
        public var name: String
        public var size: Int

        public init(name: String, size: Int) {
            self.name = name
            self.size = size
        }
    }
}

public enum RecyclePool {
    public static let method = "org.pard.Control.RecyclePool"

    public struct Request: Codable, Sendable, Equatable {
        public var name: String

        public init(name: String) {
            self.name = name
        }
    }
}
