/// JSON written straight into bytes, for what there may be a million of.
enum JSONBytes {
    /// Appends `text` with quotes around it.
    static func append(quoted text: String, to bytes: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                bytes += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends `key` as it is, and `number`.
    static func append(_ key: StaticString, _ number: Int, to bytes: inout [UInt8]) {
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes += String(number).utf8
    }

    /// Appends `key` as it is, and `text` with quotes around it.
    static func append(_ key: StaticString, quoted text: String, to bytes: inout [UInt8]) {
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        append(quoted: text, to: &bytes)
    }
}
