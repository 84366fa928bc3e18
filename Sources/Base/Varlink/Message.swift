/// The members of a message's outermost object, found but not decoded. A member that is null counts as absent.
struct Envelope {
    private let frame: [UInt8]
    private let members: [JSONScanner.Member]
    /// The names of the parameters; nil where these are no object, or one that has a name twice.
    let parameterNames: [String]?

    init(_ frame: [UInt8], limits: Limits) throws(FrameError) {
        self.frame = frame
        (members, parameterNames) = try JSONScanner.outline(
            of: frame, within: "parameters", depthLimit: limits.jsonDepth)
    }

    /// The text of a member.
    func value(_ key: String) -> [UInt8]? {
        guard let member = members.first(where: { $0.key == key }) else { return nil }
        let text = frame[member.value]
        return text.elementsEqual("null".utf8) ? nil : Array(text)
    }

    func string(_ key: String) throws(FrameError) -> String? {
        guard let text = value(key) else { return nil }
        guard text.first == UInt8(ascii: "\"") else { throw .notAMessage(reason: "\(key) is not a string") }
        if !text.contains(UInt8(ascii: "\\")) {
            return String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
        }
        do {
            return try JSON.decode(String.self, from: text)
        } catch {
            throw .notAMessage(reason: "\(key): \(error.reason)")
        }
    }

    func flag(_ key: String) throws(FrameError) -> Bool {
        switch value(key) {
        case nil: false
        case let text? where text.elementsEqual("true".utf8): true
        case let text? where text.elementsEqual("false".utf8): false
        default: throw .notAMessage(reason: "\(key) is neither true nor false")
        }
    }
}

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
        self = try Self.read(frame, limits: limits).call
    }

    /// The call that a frame is, and the names of its parameters; nil where these are not an object, or one that has a name
    /// twice.
    package static func read(
        _ frame: [UInt8], limits: Limits
    ) throws(FrameError) -> (call: Call, parameterNames: [String]?) {
        let envelope = try Envelope(frame, limits: limits)
        let parameters = envelope.value("parameters")
        return (try Call(envelope, parameters), parameters == nil ? [] : envelope.parameterNames)
    }

    private init(_ envelope: Envelope, _ parameters: [UInt8]?) throws(FrameError) {
        guard let method = try envelope.string("method") else { throw .notAMessage(reason: "a call without a method") }
        self.method = method
        self.parameters = parameters ?? JSON.emptyObject
        self.more = try envelope.flag("more")
        self.oneway = try envelope.flag("oneway")
        self.upgrade = try envelope.flag("upgrade")
        guard !(more && oneway) else { throw .notAMessage(reason: "a call with more and oneway") }
    }

    /// The bytes to send, NUL included.
    public var frame: [UInt8] {
        var json = JSONWriter(expecting: method.utf8.count + parameters.count + 64)
        json.append("{\"method\":", quoted: method)
        json.append(",\"parameters\":")
        json.append(parameters)
        if more { json.append(",\"more\":true") }
        if oneway { json.append(",\"oneway\":true") }
        if upgrade { json.append(",\"upgrade\":true") }
        json.append("}\0")
        return json.bytes
    }
}

/// A reply: what a server answers.
public struct Reply: Sendable, Equatable {
    /// The text of a JSON object.
    public var parameters: [UInt8]
    /// More replies to the same call follow.
    public var continues: Bool
    /// The full name of an error; its members are the parameters.
    public var error: String?

    /// A reply with these parameters; throws ``FrameError/notEncodable(reason:)``.
    public init(_ parameters: some Encodable, continues: Bool = false, error: String? = nil) throws(FrameError) {
        self.parameters = try JSON.object(parameters)
        self.continues = continues
        self.error = error
    }

    /// A reply whose parameters are there as text already; it must be that of an object.
    public init(text: [UInt8], continues: Bool = false) {
        parameters = text
        self.continues = continues
        error = nil
    }

    /// The reply that says `error`; throws ``FrameError/notEncodable(reason:)``.
    public init(_ error: some ErrorConvertible) throws(FrameError) {
        try self.init(error.errorParameters, error: error.errorName)
    }

    /// The reply that a frame is. Members that the protocol doesn't know are passed over.
    public init(frame: [UInt8], limits: Limits) throws(FrameError) {
        let envelope = try Envelope(frame, limits: limits)
        self.parameters = envelope.value("parameters") ?? JSON.emptyObject
        self.continues = try envelope.flag("continues")
        self.error = try envelope.string("error")
        guard parameters.first == UInt8(ascii: "{") else {
            throw .notAMessage(reason: "a reply whose parameters are not an object")
        }
    }

    /// The bytes to send, NUL included.
    public var frame: [UInt8] {
        var json = JSONWriter(expecting: parameters.count + (error?.utf8.count ?? 0) + 48)
        json.append("{")
        if let error {
            json.append("\"error\":", quoted: error)
            json.append(",")
        }
        json.append("\"parameters\":")
        json.append(parameters)
        if continues { json.append(",\"continues\":true") }
        json.append("}\0")
        return json.bytes
    }

    /// The bytes to send of a reply that is the last one: `write` writes its parameters, an object of about `expected` bytes.
    package static func frame(expecting expected: Int, _ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(expecting: expected + 32)
        json.append("{\"parameters\":")
        write(&json)
        json.append("}\0")
        return json.bytes
    }
}
