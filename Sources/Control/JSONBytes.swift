import Varlink

/// JSON written straight into bytes, for what there may be a million of.
package enum JSONBytes {
    /// Appends `text` with quotes around it.
    package static func append(quoted text: String, to bytes: inout [UInt8]) {
        JSON.append(text, to: &bytes)
    }

    /// Appends `key` as it is, and `number`.
    package static func append(_ key: StaticString, _ number: Int, to bytes: inout [UInt8]) {
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        JSON.append(number, to: &bytes)
    }

    /// Appends `key` as it is, and `text` with quotes around it.
    package static func append(_ key: StaticString, quoted text: String, to bytes: inout [UInt8]) {
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        append(quoted: text, to: &bytes)
    }
}
