import Varlink

/// JSON written straight into bytes, for what there may be a million of, or one in each run.
package enum JSONBytes {
    /// Appends `text` as it is.
    package static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Appends `text` with quotes around it.
    package static func append(quoted text: String, to bytes: inout [UInt8]) {
        JSON.append(text, to: &bytes)
    }

    /// Appends `key` as it is, and `number`.
    package static func append(_ key: StaticString, _ number: Int, to bytes: inout [UInt8]) {
        append(key, to: &bytes)
        JSON.append(number, to: &bytes)
    }

    package static func append(_ key: StaticString, numberOrNull number: Int?, to bytes: inout [UInt8]) {
        append(key, to: &bytes)
        if let number { JSON.append(number, to: &bytes) } else { append("null", to: &bytes) }
    }

    /// Appends `key` as it is, and `number`; null where it is no number of JSON.
    package static func append(_ key: StaticString, fractionOrNull number: Double?, to bytes: inout [UInt8]) {
        append(key, to: &bytes)
        if let number, number.isFinite {
            bytes.append(contentsOf: number.description.utf8)
        } else {
            append("null", to: &bytes)
        }
    }

    /// Appends `key` as it is, and `text` with quotes around it.
    package static func append(_ key: StaticString, quoted text: String, to bytes: inout [UInt8]) {
        append(key, to: &bytes)
        append(quoted: text, to: &bytes)
    }

    package static func append(_ key: StaticString, quotedOrNull text: String?, to bytes: inout [UInt8]) {
        append(key, to: &bytes)
        if let text { append(quoted: text, to: &bytes) } else { append("null", to: &bytes) }
    }

    /// Appends each of `values` by `one`, with commas between them.
    package static func append<Value>(
        list values: some Sequence<Value>, to bytes: inout [UInt8], one: (Value, inout [UInt8]) -> Void
    ) {
        var isFirst = true
        for value in values {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            one(value, &bytes)
        }
    }
}
