/// The way between Swift values and JSON text. Integers keep all their 64 bits.
package enum JSON {
    /// The text of an empty object.
    package static let emptyObject: [UInt8] = Array("{}".utf8)

    /// Why text could not be decoded: `path` names the member, such as `options.size`; empty for the whole.
    package struct DecodingFault: Error {
        package var path: String
        package var reason: String
    }

    /// `value` as the text of an object; ``FrameError/notEncodable(reason:)`` when it is none.
    package static func object(_ value: some Encodable) throws(FrameError) -> [UInt8] {
        let text = JSONText()
        do {
            try text.encode(value)
        } catch let fault as EncodingFault {
            throw .notEncodable(reason: fault.text)
        } catch {
            throw .notEncodable(reason: "\(error)")
        }
        guard text.isObject else { throw .notEncodable(reason: "parameters must be an object") }
        return text.bytes
    }

    /// The value whose text is `bytes`.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws(DecodingFault) -> T {
        do {
            return try bytes.withUnsafeBufferPointer { buffer in
                let source = JSONSource(buffer)
                return try source.value(type, at: source.start)
            }
        } catch let error as DecodingError {
            throw DecodingFault(error)
        } catch {
            throw DecodingFault(path: "", reason: "\(error)")
        }
    }

    /// Why `text` is no JSON value; nil where it is one.
    package static func fault(in text: [UInt8]) -> String? {
        // Wrapped, so that any value will do.
        let opening = "{\"value\":"
        do {
            let object = Array(opening.utf8) + text + Array("}".utf8)
            let members = try JSONScanner.members(of: object, depthLimit: Limits.maximumJSONDepth)
            return members.count == 1 ? nil : "it is more than one value"
        } catch .malformed(let reason, let offset) {
            return "\(reason) at byte \(max(offset - opening.utf8.count, 0))"
        } catch {
            return "\(error)"
        }
    }

    fileprivate static func joined(_ path: [any CodingKey]) -> String {
        path.map { key in key.intValue.map(String.init) ?? key.stringValue }.joined(separator: ".")
    }
}

extension JSON.DecodingFault: CustomStringConvertible {
    package var description: String { path.isEmpty ? reason : "member \(path): \(reason)" }

    fileprivate init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self.init(path: JSON.joined(context.codingPath + [key]), reason: "is missing")
        case .valueNotFound(_, let context):
            self.init(path: JSON.joined(context.codingPath), reason: "is null or missing")
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            self.init(path: JSON.joined(context.codingPath), reason: context.debugDescription)
        @unknown default:
            self.init(path: "", reason: "\(error)")
        }
    }
}
