import Bytes

/// JSON text taken apart just far enough to read values from it: texts and numbers stay where they are in it.
///
/// The nodes are for text that the ``JSONScanner`` has passed: UTF-8, well formed, and not nested too deeply. What isn't gives
/// no tree, or nodes that can't be read.
enum JSONTree {
    case null
    case flag(Bool)
    /// Its place in the text.
    case number(Range<Int>)
    /// Its place in the text, without quotes.
    case string(Range<Int>, isEscaped: Bool)
    case array([JSONTree])
    case object([Member])

    struct Member {
        let key: String
        let value: JSONTree
    }

    /// Text that is no JSON, or a value that is not what it is read as.
    struct Unfit: Error {}

    /// The value whose text is `bytes`.
    init(_ bytes: [UInt8]) throws(Unfit) {
        var parser = Parser(bytes: bytes)
        self = try parser.value(depth: 1)
        parser.skipSpace()
        guard parser.index == bytes.count else { throw Unfit() }
    }

    /// Whether no two of `members` have the same key, of which readers could take different ones.
    static func areUnique(_ members: [Member]) -> Bool {
        members.count <= few
            ? members.indices.allSatisfy { index in members[..<index].allSatisfy { $0.key != members[index].key } }
            : Set(members.map(\.key)).count == members.count
    }

    /// Up to how many keys are compared one by one.
    private static var few: Int { 32 }

    /// A whole number without a fraction or an exponent; nil for anything else.
    func whole<T: FixedWidthInteger>(_: T.Type, in bytes: [UInt8]) -> T? {
        guard case .number(let place) = self else { return nil }
        var digits = bytes[place]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        guard !digits.isEmpty else { return nil }
        var value: T = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            let (tens, isTooLong) = value.multipliedReportingOverflow(by: 10)
            let one = T(digit - UInt8(ascii: "0"))
            // Downwards for negative ones, of which there is one more.
            let (sum, isTooMuch) =
                isNegative ? tens.subtractingReportingOverflow(one) : tens.addingReportingOverflow(one)
            guard !isTooLong, !isTooMuch else { return nil }
            value = sum
        }
        return value
    }

    /// A number that may have a fraction; nil for anything else, and for what no Double can hold.
    func fraction(in bytes: [UInt8]) -> Double? {
        guard case .number(let place) = self, let number = Double(String(decoding: bytes[place], as: UTF8.self)),
            number.isFinite
        else { return nil }
        return number
    }

    /// A string, with its escapes replaced; nil for anything else.
    func text(in bytes: [UInt8]) -> String? {
        guard case .string(let place, let isEscaped) = self else { return nil }
        return try? Self.text(bytes, place, isEscaped: isEscaped)
    }

    /// The text of a string's place, with its escapes replaced.
    private static func text(_ bytes: [UInt8], _ place: Range<Int>, isEscaped: Bool) throws(Unfit) -> String {
        guard isEscaped else {
            guard let text = String(utf8: bytes[place]) else { throw Unfit() }
            return text
        }
        var plain: [UInt8] = []
        plain.reserveCapacity(place.count)
        var rest = bytes[place]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                plain.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "u"): plain += Array(String(try scalar(&rest)).utf8)
            case let other?
            where other == UInt8(ascii: "\"") || other == UInt8(ascii: "\\") || other == UInt8(ascii: "/"):
                plain.append(other)
            default: throw Unfit()
            }
        }
        guard let text = String(utf8: plain[...]) else { throw Unfit() }
        return text
    }

    /// The scalar of a `\u` escape, of which `rest` begins with the digits; beyond the first plane it takes two.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) throws(Unfit) -> Unicode.Scalar {
        let first = try unit(&rest)
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        guard UTF16.isLeadSurrogate(first), rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u")
        else { throw Unfit() }
        let second = try unit(&rest)
        guard UTF16.isTrailSurrogate(second) else { throw Unfit() }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) throws(Unfit) -> UInt16 {
        let digits = rest.prefix(4)
        guard digits.count == 4, digits.first != UInt8(ascii: "+"),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw Unfit() }
        rest = rest.dropFirst(4)
        return unit
    }

    private struct Parser {
        let bytes: [UInt8]
        var index = 0

        private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

        mutating func skipSpace() {
            while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
        }

        private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard peek == UInt8(ascii: scalar) else { return false }
            index += 1
            return true
        }

        mutating func value(depth: Int) throws(Unfit) -> JSONTree {
            guard depth <= Limits.maximumJSONDepth else { throw Unfit() }
            skipSpace()
            switch peek {
            case UInt8(ascii: "{"): return .object(try members(depth: depth))
            case UInt8(ascii: "["): return .array(try elements(depth: depth))
            case UInt8(ascii: "\""):
                let (place, isEscaped) = try string()
                return .string(place, isEscaped: isEscaped)
            case UInt8(ascii: "t"): return try literal("true", .flag(true))
            case UInt8(ascii: "f"): return try literal("false", .flag(false))
            case UInt8(ascii: "n"): return try literal("null", .null)
            default: return .number(try number())
            }
        }

        private mutating func members(depth: Int) throws(Unfit) -> [Member] {
            index += 1
            var members: [Member] = []
            skipSpace()
            if take("}") { return [] }
            repeat {
                skipSpace()
                let (place, isEscaped) = try string()
                let key = try JSONTree.text(bytes, place, isEscaped: isEscaped)
                skipSpace()
                guard take(":") else { throw Unfit() }
                members.append(Member(key: key, value: try value(depth: depth + 1)))
                skipSpace()
            } while take(",")
            guard take("}") else { throw Unfit() }
            return members
        }

        private mutating func elements(depth: Int) throws(Unfit) -> [JSONTree] {
            index += 1
            var elements: [JSONTree] = []
            skipSpace()
            if take("]") { return [] }
            repeat {
                elements.append(try value(depth: depth + 1))
                skipSpace()
            } while take(",")
            guard take("]") else { throw Unfit() }
            return elements
        }

        private mutating func string() throws(Unfit) -> (Range<Int>, isEscaped: Bool) {
            guard take("\"") else { throw Unfit() }
            let start = index
            var isEscaped = false
            while let byte = peek {
                if byte == UInt8(ascii: "\"") {
                    index += 1
                    return (start..<index - 1, isEscaped)
                }
                if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                    index += 1
                }
                index += 1
            }
            throw Unfit()
        }

        private mutating func literal(_ text: StaticString, _ value: JSONTree) throws(Unfit) -> JSONTree {
            for offset in 0..<text.utf8CodeUnitCount {
                guard peek == text.utf8Start[offset] else { throw Unfit() }
                index += 1
            }
            return value
        }

        private mutating func number() throws(Unfit) -> Range<Int> {
            let start = index
            while let byte = peek {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                    UInt8(ascii: "e"), UInt8(ascii: "E"):
                    index += 1
                default:
                    guard index > start else { throw Unfit() }
                    return start..<index
                }
            }
            guard index > start else { throw Unfit() }
            return start..<index
        }
    }
}
