/// The members of a message's outermost object, found but not decoded. A member that is null counts as absent.
struct Envelope {
    private let frame: [UInt8]
    private let members: [JSONScanner.Member]

    init(_ frame: [UInt8], limits: Limits) throws(FrameError) {
        self.frame = frame
        self.members = try JSONScanner.members(of: frame, depthLimit: limits.jsonDepth)
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
