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
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parameters.count + (error?.utf8.count ?? 0) + 48)
        bytes.append(UInt8(ascii: "{"))
        if let error {
            bytes.append(contentsOf: "\"error\":".utf8)
            JSON.append(error, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        bytes.append(contentsOf: "\"parameters\":".utf8)
        bytes.append(contentsOf: parameters)
        if continues { bytes.append(contentsOf: ",\"continues\":true".utf8) }
        bytes.append(UInt8(ascii: "}"))
        bytes.append(0)
        return bytes
    }
}
