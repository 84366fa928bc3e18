import Varlink

/// A call as its handler sees it.
public struct IncomingCall: Sendable {
    /// The full name, such as `org.example.Service.Method`.
    public let method: String
    /// The client takes several replies.
    public let wantsMore: Bool
    /// The client takes no reply: whatever the handler returns or throws is dropped.
    public let isOneway: Bool
    public let peer: Peer
    /// The text of the object that holds the parameters.
    let json: [UInt8]

    init(_ call: Call, peer: Peer) {
        method = call.method
        wantsMore = call.more
        isOneway = call.oneway
        json = call.parameters
        self.peer = peer
    }

    /// The call's parameters; throws ``ServiceError/invalidParameter(_:)`` that names the first wrong one.
    public func parameters<T: Decodable>(as: T.Type = T.self) throws(ServiceError) -> T {
        do {
            return try JSON.decode(T.self, from: json)
        } catch {
            throw .invalidParameter(error.path.isEmpty ? "parameters" : error.path)
        }
    }

    /// Throws ``ServiceError/expectedMore`` unless the client takes several replies.
    public func requireMore() throws(ServiceError) {
        guard wantsMore else { throw .expectedMore }
    }
}
