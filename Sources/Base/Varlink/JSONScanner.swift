/// Walks over JSON text once: checks that it is well formed and not nested too deeply, and finds where the members of its
/// outermost object are. It builds no values, so that hostile input costs one pass and no memory.
struct JSONScanner {
    /// A member of the outermost object; `value` is its place in the text.
    struct Member {
        var key: String
        var value: Range<Int>
    }

    private let bytes: [UInt8]
    private let depthLimit: Int
    private var index = 0

    private init(_ bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// The members of the object that `bytes` must be, in their order. A key that is there twice is an error: two readers
    /// could take different ones.
    static func members(of bytes: [UInt8], depthLimit: Int) throws(FrameError) -> [Member] {
        try outline(of: bytes, within: nil, depthLimit: depthLimit).members
    }

    /// The same, and the keys of the object that the member called `name` is, as far as their limit; nil where that is none, or
    /// has one of them twice.
    static func outline(
        of bytes: [UInt8], within name: String?, depthLimit: Int
    ) throws(FrameError) -> (members: [Member], inner: [String]?) {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw .malformed(reason: "not UTF-8", offset: error.byteOffsets.lowerBound)
        }
        var scanner = JSONScanner(bytes, depthLimit: depthLimit)
        scanner.skipSpace()
        guard scanner.peek == UInt8(ascii: "{") else { throw scanner.malformed("not a JSON object") }
        var members: [Member] = []
        var keys = Keys()
        var inner: Keys?
        try scanner.object(depth: 1) { (scanner, key) throws(FrameError) in
            let text = try Self.key(bytes[key])
            guard keys.add(text) else {
                throw .malformed(reason: "a second member \(text)", offset: key.lowerBound)
            }
            let start = scanner.index
            if text == name, scanner.peek == UInt8(ascii: "{") {
                var found = Keys()
                var isFit = true
                try scanner.object(depth: 2) { (scanner, key) throws(FrameError) in
                    if isFit, found.list.count < Self.innerKeys {
                        isFit = (try? Self.key(bytes[key])).map { found.add($0) } == true
                    }
                    try scanner.value(depth: 3)
                }
                inner = isFit ? found : nil
            } else {
                try scanner.value(depth: 2)
            }
            members.append(Member(key: text, value: start..<scanner.index))
        }
        scanner.skipSpace()
        guard scanner.index == bytes.count else { throw scanner.malformed("text after the object") }
        return (members, inner?.list)
    }

    /// Of more members than any method has parameters one is unknown, and what is hostile is to take no memory.
    private static let innerKeys = 256

    /// The keys of an object, each once.
    private struct Keys {
        private(set) var list: [String] = []
        /// Of many: a set takes a while to set up, and comparing one by one is slow for them.
        private var many: Set<String> = []
        private static let few = 16

        /// - Returns: whether it is a new one.
        mutating func add(_ key: String) -> Bool {
            if list.count == Self.few { many = Set(list) }
            let isNew = list.count < Self.few ? !list.contains(key) : many.insert(key).inserted
            if isNew { list.append(key) }
            return isNew
        }
    }

    /// `quoted` without its quotes and with its escapes replaced.
    private static func key(_ quoted: ArraySlice<UInt8>) throws(FrameError) -> String {
        if quoted.contains(UInt8(ascii: "\\")) {
            do {
                return try JSON.decode(String.self, from: Array(quoted))
            } catch {
                throw .malformed(reason: error.reason, offset: quoted.startIndex)
            }
        }
        return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func malformed(_ reason: String) -> FrameError { .malformed(reason: reason, offset: index) }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    /// Steps over `byte` when it is next.
    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(FrameError) {
        switch peek {
        case UInt8(ascii: "{"):
            try object(depth: depth) { (scanner, _) throws(FrameError) in try scanner.value(depth: depth + 1) }
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    /// - Parameter value: steps over the value of the member whose key is at this place.
    private mutating func object(
        depth: Int, value: (_ scanner: inout JSONScanner, _ key: Range<Int>) throws(FrameError) -> Void
    ) throws(FrameError) {
        guard depth <= depthLimit else { throw .tooDeep(limit: depthLimit) }
        index += 1
        skipSpace()
        if take("}") { return }
        repeat {
            skipSpace()
            let key = index
            try string()
            let keyEnd = index
            skipSpace()
            guard take(":") else { throw malformed("expected a colon") }
            skipSpace()
            try value(&self, key..<keyEnd)
            skipSpace()
        } while take(",")
        guard take("}") else { throw malformed("expected a comma or a closing brace") }
    }

    private mutating func array(depth: Int) throws(FrameError) {
        guard depth <= depthLimit else { throw .tooDeep(limit: depthLimit) }
        index += 1
        skipSpace()
        if take("]") { return }
        repeat {
            skipSpace()
            try value(depth: depth + 1)
            skipSpace()
        } while take(",")
        guard take("]") else { throw malformed("expected a comma or a closing bracket") }
    }

    private mutating func string() throws(FrameError) {
        guard take("\"") else { throw malformed("expected a string") }
        while let byte = peek {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape()
            case 0..<0x20: throw malformed("a control character in a string")
            default: break
            }
        }
        throw malformed("a string without an end")
    }

    private mutating func escape() throws(FrameError) {
        guard let byte = peek else { throw malformed("a string without an end") }
        index += 1
        switch byte {
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = peek, Character(Unicode.Scalar(digit)).isHexDigit else {
                    throw malformed("expected four hexadecimal digits")
                }
                index += 1
            }
        case _ where "\"\\/bfnrt".utf8.contains(byte): break
        default: throw malformed("an unknown escape")
        }
    }

    private mutating func literal(_ text: StaticString) throws(FrameError) {
        for offset in 0..<text.utf8CodeUnitCount {
            guard peek == text.utf8Start[offset] else { throw malformed("not a JSON value") }
            index += 1
        }
    }

    private mutating func number() throws(FrameError) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(FrameError) {
        let start = index
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { index += 1 }
        guard index > start else { throw malformed("not a JSON value") }
    }
}
