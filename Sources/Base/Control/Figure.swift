/// What a workload measures in its tasks beside their times, summed up over those that measured it.
public struct Figure: Codable, Sendable, Equatable {
    public var name: String
    /// `ns`, `bytes`, or what is counted.
    public var unit: String
    /// How many tasks measured it.
    public var count: Int
    public var sum: Int
    public var min: Int
    public var p50: Int
    public var p99: Int
    public var max: Int

    public init(name: String, unit: String, count: Int, sum: Int, min: Int, p50: Int, p99: Int, max: Int) {
        self.name = name
        self.unit = unit
        self.count = count
        self.sum = sum
        self.min = min
        self.p50 = p50
        self.p99 = p99
        self.max = max
    }
}
