/// A reason that tasks did not end ok, and how many gave it.
public struct Failure: Codable, Sendable, Equatable {
    public var reason: String
    public var count: Int
    public var firstTask: Int

    enum CodingKeys: String, CodingKey {
        case reason, count
        case firstTask = "first_task"
    }

    public init(reason: String, count: Int, firstTask: Int) {
        self.reason = reason
        self.count = count
        self.firstTask = firstTask
    }
}
