/// An error as it came over a connection.
public struct ErrorReply: Error, Sendable, Equatable {
    /// The full name, such as `org.example.Service.Busy`.
    public let name: String
    /// The text of the object that holds the error's members.
    public let json: [UInt8]

    public init(name: String, json: [UInt8]) {
        self.name = name
        self.json = json
    }

    /// The error's members, or nil when they are not those of `T`.
    public func parameters<T: Decodable>(as: T.Type = T.self) -> T? {
        try? JSON.decode(T.self, from: json)
    }
}
