import Bytes
import FoundationEssentials
import Glibc
import Linux
import Report

/// Standard output: data, and nothing else.
enum StandardOutput {
    /// Writes all of `bytes`. Throws ``CommandError/output(errno:)``.
    static func write(_ bytes: [UInt8]) throws(CommandError) {
        DrawnLine.giveWay(to: bytes, on: STDOUT_FILENO)
        do throws(SystemError) {
            try writeAll(STDOUT_FILENO, bytes)
        } catch {
            throw .output(errno: error.errno.rawValue)
        }
    }

    /// Writes all of `bytes`. Throws ``CommandError/output(errno:)``.
    static func write(_ bytes: UnsafeRawBufferPointer) throws(CommandError) {
        DrawnLine.giveWay(to: bytes, on: STDOUT_FILENO)
        do throws(SystemError) {
            try writeAll(STDOUT_FILENO, bytes)
        } catch {
            throw .output(errno: error.errno.rawValue)
        }
    }

    /// Writes `text` as it is.
    static func write(_ text: String) throws(CommandError) {
        try write(Array(text.utf8))
    }

    /// Writes `value` as one JSON document and a line end: on several lines for a person, on one for a program.
    static func write(json value: some Encodable) throws(CommandError) {
        try write(try json(value, pretty: isatty(STDOUT_FILENO) == 1) + [UInt8(ascii: "\n")])
    }

    /// `value` as JSON with its keys in alphabetical order.
    static func json(_ value: some Encodable, pretty: Bool) throws(CommandError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        do {
            return calm(Array(try encoder.encode(value)))
        } catch {
            throw .unwritable("\(error)")
        }
    }
}

extension StandardOutput {
    /// The same JSON without what a terminal could obey or hide: DEL, the controls from U+0080 to U+009F, marks that end a line
    /// or turn its order. JSON has them in texts only, where an escape says the same.
    static func calm(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 >= 0x7F }) else { return json }
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            // An escape has four digits; what lies beyond them stays.
            if scalar.value >= 0x7F, scalar.value <= 0xFFFF, ShownText.isHarmful(scalar) {
                let digits = String(scalar.value, radix: 16)
                text += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars
            } else {
                text.append(scalar)
            }
        }
        return Array(String(text).utf8)
    }
}

/// Standard error: messages for people. One that can't be written is dropped, as there is nobody left to tell.
enum StandardError {
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        DrawnLine.giveWay(to: bytes, on: STDERR_FILENO)
        try? writeAll(STDERR_FILENO, bytes)
    }
}
