/// Writes Swift values as JSON, straight into bytes, in one pass.
///
/// Containers are closed when something is written beside or after them, so that nothing has to be kept of them.
final class JSONText {
    private var json = JSONWriter()
    /// What closes each container that is open, the innermost last.
    private var closers: [UInt8] = []

    /// What has been written.
    var bytes: [UInt8] { json.bytes }
    /// Whether that is an object.
    var isObject: Bool { json.first == UInt8(ascii: "{") }

    fileprivate var depth: Int { closers.count }

    fileprivate func open(_ opener: Unicode.Scalar, _ closer: Unicode.Scalar) {
        json.append(UInt8(ascii: opener))
        closers.append(UInt8(ascii: closer))
    }

    fileprivate func close(to depth: Int) {
        while closers.count > depth, let closer = closers.popLast() { json.append(closer) }
    }

    /// Puts a comma before all but the first value of a container; no value ends with an opening bracket.
    fileprivate func separate() {
        if let last = json.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { json.append(",") }
    }

    fileprivate func key(_ name: String) {
        separate()
        json.append(quoted: name)
        json.append(":")
    }

    fileprivate func word(_ text: StaticString) { json.append(text) }

    fileprivate func write(_ value: Bool) { json.append(value) }

    fileprivate func write(_ value: String) { json.append(quoted: value) }

    fileprivate func write(_ value: some FixedWidthInteger) {
        if let small = Int(exactly: value) { json.append(small) } else { json.append(Array("\(value)".utf8)) }
    }

    fileprivate func real(_ value: some BinaryFloatingPoint & CustomStringConvertible) throws(JSON.EncodingFault) {
        guard value.isFinite else { throw JSON.EncodingFault(path: [], reason: "\(value) is not a number of JSON") }
        json.append(Array(value.description.utf8))
    }

    /// Writes any value as what it encodes as.
    func encode(_ value: some Encodable) throws {
        let depth = depth
        let start = json.count
        try value.encode(to: JSONEncoding(text: self))
        close(to: depth)
        // What asks for no container has no members.
        if json.count == start { word("{}") }
    }
}

extension JSON {
    /// A value that JSON can't hold; `path` leads to it.
    struct EncodingFault: Error {
        var path: [String]
        var reason: String

        fileprivate func below(_ key: String) -> EncodingFault {
            EncodingFault(path: [key] + path, reason: reason)
        }

        var text: String { path.isEmpty ? reason : "\(path.joined(separator: ".")): \(reason)" }
    }
}

private struct JSONEncoding: Encoder {
    let text: JSONText
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedWriter<Key>(text))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { UnkeyedWriter(text) }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleWriter(text: text) }
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let text: JSONText
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    init(_ text: JSONText) {
        text.open("{", "}")
        self.text = text
        depth = text.depth
    }

    private func begin(_ key: Key) {
        text.close(to: depth)
        text.key(key.stringValue)
    }

    mutating func encodeNil(forKey key: Key) {
        begin(key)
        text.word("null")
    }

    mutating func encode(_ value: Bool, forKey key: Key) {
        begin(key)
        text.write(value)
    }

    mutating func encode(_ value: String, forKey key: Key) {
        begin(key)
        text.write(value)
    }

    mutating func encode(_ value: Int, forKey key: Key) {
        begin(key)
        text.write(value)
    }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        begin(key)
        do {
            try text.encode(value)
        } catch let fault as JSON.EncodingFault {
            throw fault.below(key.stringValue)
        }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        begin(key)
        return KeyedEncodingContainer(KeyedWriter<Nested>(text))
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        begin(key)
        return UnkeyedWriter(text)
    }

    mutating func superEncoder() -> any Encoder {
        text.close(to: depth)
        text.key("super")
        return JSONEncoding(text: text)
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder {
        begin(key)
        return JSONEncoding(text: text)
    }
}

private struct UnkeyedWriter: UnkeyedEncodingContainer {
    let text: JSONText
    let depth: Int
    var count = 0
    var codingPath: [any CodingKey] { [] }

    init(_ text: JSONText) {
        text.open("[", "]")
        self.text = text
        depth = text.depth
    }

    private mutating func begin() {
        text.close(to: depth)
        text.separate()
        count += 1
    }

    mutating func encodeNil() {
        begin()
        text.word("null")
    }

    mutating func encode(_ value: String) {
        begin()
        text.write(value)
    }

    mutating func encode(_ value: Int) {
        begin()
        text.write(value)
    }

    mutating func encode<T: Encodable>(_ value: T) throws {
        begin()
        do {
            try text.encode(value)
        } catch let fault as JSON.EncodingFault {
            throw fault.below(String(count - 1))
        }
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedEncodingContainer<Nested> {
        begin()
        return KeyedEncodingContainer(KeyedWriter<Nested>(text))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        begin()
        return UnkeyedWriter(text)
    }

    mutating func superEncoder() -> any Encoder {
        begin()
        return JSONEncoding(text: text)
    }
}

private struct SingleWriter: SingleValueEncodingContainer {
    let text: JSONText
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil() { text.word("null") }
    mutating func encode(_ value: Bool) { text.write(value) }
    mutating func encode(_ value: String) { text.write(value) }
    mutating func encode(_ value: Double) throws { try text.real(value) }
    mutating func encode(_ value: Float) throws { try text.real(value) }
    mutating func encode(_ value: Int) { text.write(value) }
    mutating func encode(_ value: Int8) { text.write(value) }
    mutating func encode(_ value: Int16) { text.write(value) }
    mutating func encode(_ value: Int32) { text.write(value) }
    mutating func encode(_ value: Int64) { text.write(value) }
    mutating func encode(_ value: UInt) { text.write(value) }
    mutating func encode(_ value: UInt8) { text.write(value) }
    mutating func encode(_ value: UInt16) { text.write(value) }
    mutating func encode(_ value: UInt32) { text.write(value) }
    mutating func encode(_ value: UInt64) { text.write(value) }
    mutating func encode<T: Encodable>(_ value: T) throws { try text.encode(value) }
}
