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
