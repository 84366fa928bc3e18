import FoundationEssentials

/// The way between Swift values and JSON text. Integers keep all their 64 bits.
package enum JSON {
    /// The text of an empty object.
    package static let emptyObject: [UInt8] = Array("{}".utf8)

    /// Why text could not be decoded: `path` names the member, such as `options.size`; empty for the whole.
    package struct DecodingFault: Error {
        package var path: String
        package var reason: String
    }

    private static let encoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()
    private static let decoder = JSONDecoder()

    /// `value` as the text of an object; ``FrameError/notEncodable(reason:)`` when it is none.
    package static func object(_ value: some Encodable) throws(FrameError) -> [UInt8] {
        let text: Data
        do {
            text = try encoder.encode(value)
        } catch EncodingError.invalidValue(_, let context) {
            throw .notEncodable(reason: describe(context.codingPath, context.debugDescription))
        } catch {
            throw .notEncodable(reason: "\(error)")
        }
        guard text.first == UInt8(ascii: "{") else { throw .notEncodable(reason: "parameters must be an object") }
        return [UInt8](text)
    }

    /// The value whose text is `bytes`.
    package static func decode<T: Decodable>(_: T.Type, from bytes: [UInt8]) throws(DecodingFault) -> T {
        do {
            return try decoder.decode(T.self, from: Data(bytes))
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

    /// Appends `text` as a quoted JSON string.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes.append(contentsOf: ("\\u00" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8)
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    fileprivate static func describe(_ path: [any CodingKey], _ text: String) -> String {
        path.isEmpty ? text : "\(joined(path)): \(text)"
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
