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
        append(number, to: &bytes)
    }

    /// Appends `key` as it is, and `text` with quotes around it.
    package static func append(_ key: StaticString, quoted text: String, to bytes: inout [UInt8]) {
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        append(quoted: text, to: &bytes)
    }

    /// Appends the digits of `number`. A String of each would take three times as long.
    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        // 19 digits and a sign are the most that 64 bits take; they are found last to first.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = digits.count
        var rest = number.magnitude
        repeat {
            let (tens, digit) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = tens
        } while rest > 0
        if number < 0 {
            first -= 1
            digits[first] = UInt8(ascii: "-")
        }
        for index in first..<digits.count { bytes.append(digits[index]) }
    }
}
