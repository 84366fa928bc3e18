import FoundationEssentials
import Glibc

/// Standard output: data, and nothing else.
enum StandardOutput {
    /// Writes all of `bytes`. Throws ``Failure/output(errno:)``.
    static func write(_ bytes: [UInt8]) throws(Failure) {
        let number = bytes.withUnsafeBytes { writeAll(STDOUT_FILENO, $0) }
        if number != 0 { throw .output(errno: number) }
    }

    /// Writes `text` as it is.
    static func write(_ text: String) throws(Failure) {
        try write(Array(text.utf8))
    }

    /// Writes `value` as one JSON document and a line end: on several lines for a person, on one for a program.
    static func write(json value: some Encodable) throws(Failure) {
        try write(try json(value, pretty: isatty(STDOUT_FILENO) == 1) + [UInt8(ascii: "\n")])
    }

    /// `value` as JSON with its keys in alphabetical order.
    static func json(_ value: some Encodable, pretty: Bool) throws(Failure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw .unwritable("\(error)")
        }
    }
}

/// Standard error: messages for people. One that can't be written is let go, as there is nobody left to tell.
enum StandardError {
    static func write(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { writeAll(STDERR_FILENO, $0) }
    }
}

/// Writes all of `bytes` to `descriptor`; 0, or the errno that ended it.
func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}
