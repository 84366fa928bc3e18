/// A call: what a client asks for.
public struct Call: Sendable, Equatable {
    /// The full name, such as `org.example.Service.Method`.
    public var method: String
    /// A JSON value; in a valid call, an object.
    public var parameters: [UInt8]
    /// The client takes several replies.
    public var more: Bool
    /// The client takes no reply.
    public var oneway: Bool
    /// The client wants to speak another protocol on this connection after the reply.
    public var upgrade: Bool

    /// A call with these parameters; throws ``FrameError/notEncodable(reason:)``.
    public init(
        _ method: String, _ parameters: some Encodable, more: Bool = false, oneway: Bool = false,
        upgrade: Bool = false
    ) throws(FrameError) {
        self.method = method
        self.parameters = try JSON.object(parameters)
        self.more = more
        self.oneway = oneway
        self.upgrade = upgrade
    }

    /// A call without parameters.
    init(_ method: String) {
        self.method = method
        parameters = JSON.emptyObject
        more = false
        oneway = false
        upgrade = false
    }

    /// The call that a frame is. Members that the protocol doesn't know are passed over.
    public init(frame: [UInt8], limits: Limits) throws(FrameError) {
        let envelope = try Envelope(frame, limits: limits)
        guard let method = try envelope.string("method") else { throw .notAMessage(reason: "a call without a method") }
        self.method = method
        self.parameters = envelope.value("parameters") ?? JSON.emptyObject
        self.more = try envelope.flag("more")
        self.oneway = try envelope.flag("oneway")
        self.upgrade = try envelope.flag("upgrade")
        guard !(more && oneway) else { throw .notAMessage(reason: "a call with more and oneway") }
    }

    /// The names of the parameters; nil when they are not an object.
    package func parameterNames(limits: Limits) -> [String]? {
        (try? JSONScanner.members(of: parameters, depthLimit: limits.jsonDepth))?.map(\.key)
    }

    /// The bytes to send, NUL included.
    public var frame: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(method.utf8.count + parameters.count + 64)
        bytes.append(contentsOf: "{\"method\":".utf8)
        JSON.append(method, to: &bytes)
        bytes.append(contentsOf: ",\"parameters\":".utf8)
        bytes.append(contentsOf: parameters)
        if more { bytes.append(contentsOf: ",\"more\":true".utf8) }
        if oneway { bytes.append(contentsOf: ",\"oneway\":true".utf8) }
        if upgrade { bytes.append(contentsOf: ",\"upgrade\":true".utf8) }
        bytes.append(UInt8(ascii: "}"))
        bytes.append(0)
        return bytes
    }
}
