/// Wall and CPU times of the tasks that ran, in nanoseconds; all 0 where none did.
public struct TaskTimes: Codable, Sendable, Equatable {
    public var sum: Int
    public var cpuSum: Int
    /// How many tasks `cpuSum` speaks for.
    public var cpuCovered: Int
    /// The shortest time between two readings of a worker's CPU clock.
    public var cpuInterval: Int
    public var min: Int
    public var p50: Int
    public var p90: Int
    public var p99: Int
    public var max: Int

    enum CodingKeys: String, CodingKey {
        case sum, min, p50, p90, p99, max
        case cpuSum = "cpu_sum"
        case cpuCovered = "cpu_covered"
        case cpuInterval = "cpu_interval"
    }

    public init(
        sum: Int = 0, cpuSum: Int = 0, cpuCovered: Int = 0, cpuInterval: Int = 0, min: Int = 0, p50: Int = 0,
        p90: Int = 0, p99: Int = 0, max: Int = 0
    ) {
        self.sum = sum
        self.cpuSum = cpuSum
        self.cpuCovered = cpuCovered
        self.cpuInterval = cpuInterval
        self.min = min
        self.p50 = p50
        self.p90 = p90
        self.p99 = p99
        self.max = max
    }
}
