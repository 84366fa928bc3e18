import Bytes
import Glibc

/// Reads Swift values from JSON text where it stands: what nobody asks for is passed over, and nothing is built of it.
///
/// The text may come from a stranger. Nesting costs no stack but what the type that is read asks for, and no step takes
/// longer than its part of the text.
final class JSONSource {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Valid while ``JSON/decode(_:from:)`` is at it.
    private let bytes: Bytes
    /// Where in the value the reading is.
    var path: [any CodingKey] = []

    init(_ bytes: Bytes) {
        self.bytes = bytes
    }

    /// Where the outermost value begins.
    var start: Int { space(from: 0) }

    func fault(_ reason: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: reason))
    }

    func mismatch<T>(_ type: T.Type, _ reason: String) -> DecodingError {
        .typeMismatch(type, .init(codingPath: path, debugDescription: reason))
    }

    func space(from index: Int) -> Int {
        var index = index
        while index < bytes.count, bytes[index] == 0x20 || (bytes[index] >= 0x09 && bytes[index] <= 0x0D) { index += 1 }
        return index
    }

    /// The byte at `index`; 0 beyond the end, which no value begins with.
    func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    /// Where the value ends that begins at `index`.
    func end(of index: Int) throws -> Int {
        switch byte(index) {
        case UInt8(ascii: "\""): return try endOfString(index)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return try endOfContainer(index)
        default:
            var end = index
            while end < bytes.count, Self.isPlain(bytes[end]) { end += 1 }
            guard end > index else { throw fault("not a JSON value") }
            return end
        }
    }

    /// Letters, digits and signs: what numbers, true, false and null are made of.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private func endOfString(_ start: Int) throws -> Int {
        var index = start + 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        throw fault("a string without an end")
    }

    private func endOfContainer(_ start: Int) throws -> Int {
        var depth = 0
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index = try endOfString(index)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        throw fault("an object or array without an end")
    }

    /// The string whose opening quote is at `index`.
    func string(_ index: Int) throws -> String {
        guard byte(index) == UInt8(ascii: "\"") else { throw mismatch(String.self, "is not a string") }
        let end = try endOfString(index)
        let inner = Bytes(rebasing: bytes[(index + 1)..<(end - 1)])
        guard let base = inner.baseAddress, memchr(base, Int32(UInt8(ascii: "\\")), inner.count) != nil else {
            guard let text = String(utf8: inner) else { throw fault("is not UTF-8") }
            return text
        }
        return try unescaped(inner)
    }

    private func unescaped(_ inner: Bytes) throws -> String {
        var text: [UInt8] = []
        text.reserveCapacity(inner.count)
        var index = 0
        while index < inner.count {
            let byte = inner[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard index < inner.count else { throw fault("a string without an end") }
            let escape = inner[index]
            index += 1
            switch escape {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text += try scalar(inner, &index)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            default: throw fault("an unknown escape")
            }
        }
        guard let text = String(utf8: text[...]) else { throw fault("is not UTF-8") }
        return text
    }

    /// The scalar of the four digits at `index`, and of the four after it where it takes two escapes.
    private func scalar(_ inner: Bytes, _ index: inout Int) throws -> Unicode.UTF8.EncodedScalar {
        let first = try unit(inner, &index)
        var value = UInt32(first)
        if UTF16.isLeadSurrogate(first) {
            guard index + 1 < inner.count, inner[index] == UInt8(ascii: "\\"), inner[index + 1] == UInt8(ascii: "u")
            else {
                throw fault("half of a surrogate pair")
            }
            index += 2
            let second = try unit(inner, &index)
            guard UTF16.isTrailSurrogate(second) else { throw fault("half of a surrogate pair") }
            value = 0x1_0000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
            throw fault("half of a surrogate pair")
        }
        return encoded
    }

    private func unit(_ inner: Bytes, _ index: inout Int) throws -> UInt16 {
        guard index + 4 <= inner.count,
            let unit = UInt16(String(decoding: inner[index..<(index + 4)], as: UTF8.self), radix: 16)
        else { throw fault("expected four hexadecimal digits") }
        index += 4
        return unit
    }

    func isNull(_ index: Int) -> Bool { isWord("null", index) }

    private func isWord(_ word: StaticString, _ index: Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard index + count <= bytes.count, index + count == bytes.count || !Self.isPlain(bytes[index + count]) else {
            return false
        }
        return (0..<count).allSatisfy { bytes[index + $0] == word.utf8Start[$0] }
    }

    func bool(_ index: Int) throws -> Bool {
        if isWord("true", index) { return true }
        if isWord("false", index) { return false }
        throw mismatch(Bool.self, "is neither true nor false")
    }

    func integer<T: FixedWidthInteger>(_: T.Type, _ index: Int) throws -> T {
        let text = try number(T.self, index)
        if let value = T(text) { return value }
        // A whole number in another spelling, such as 1e3.
        guard text.contains(where: { ".eE".contains($0) }), let value = Double(text), let whole = T(exactly: value)
        else {
            throw fault("is not a whole number from \(T.min) to \(T.max)")
        }
        return whole
    }

    func real(_ index: Int) throws -> Double {
        guard let value = Double(try number(Double.self, index)), value.isFinite else {
            throw fault("is not a number of 64 bits")
        }
        return value
    }

    private func number<T>(_ type: T.Type, _ index: Int) throws -> String {
        let first = byte(index)
        guard first == UInt8(ascii: "-") || (first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9")) else {
            throw mismatch(type, "is not a number")
        }
        return String(decoding: bytes[index..<(try end(of: index))], as: UTF8.self)
    }

    /// Shows where the members of the object at `index` are, in their order.
    func members(
        of index: Int, _ body: (_ key: String, _ value: Int) throws -> Void
    ) throws {
        guard byte(index) == UInt8(ascii: "{") else { throw mismatch([String: Any].self, "is not an object") }
        var next = space(from: index + 1)
        if byte(next) == UInt8(ascii: "}") { return }
        while true {
            let key = try string(next)
            next = space(from: try endOfString(next))
            guard byte(next) == UInt8(ascii: ":") else { throw fault("expected a colon") }
            next = space(from: next + 1)
            try body(key, next)
            next = space(from: try end(of: next))
            if byte(next) == UInt8(ascii: "}") { return }
            guard byte(next) == UInt8(ascii: ",") else { throw fault("expected a comma or a closing brace") }
            next = space(from: next + 1)
        }
    }

    /// The value at `index` as a `T`.
    func value<T: Decodable>(_ type: T.Type, at index: Int) throws -> T {
        try T(from: JSONDecoding(source: self, index: index))
    }

    /// The same for what is below `key`.
    func value<T: Decodable>(_ type: T.Type, at index: Int, below key: some CodingKey) throws -> T {
        path.append(key)
        defer { path.removeLast() }
        return try value(type, at: index)
    }

    func read<T>(below key: some CodingKey, _ body: () throws -> T) throws -> T {
        path.append(key)
        defer { path.removeLast() }
        return try body()
    }
}
