// The containers through which Swift's decoding reads a JSON text where it stands.

/// The place of a value in an array.
private struct IndexKey: CodingKey {
    let index: Int
    var intValue: Int? { index }
    var stringValue: String { String(index) }

    init(_ index: Int) { self.index = index }
    init?(intValue: Int) { self.init(intValue) }
    init?(stringValue: String) { nil }
}

private struct NameKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

struct JSONDecoding: Decoder, SingleValueDecodingContainer {
    let source: JSONSource
    let index: Int
    var codingPath: [any CodingKey] { source.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try KeyedReader<Key>(source, index))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try UnkeyedReader(source, index) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { source.isNull(index) }
    func decode(_: Bool.Type) throws -> Bool { try source.bool(index) }
    func decode(_: String.Type) throws -> String { try source.string(index) }
    func decode(_: Double.Type) throws -> Double { try source.real(index) }
    func decode(_: Float.Type) throws -> Float { Float(try source.real(index)) }
    func decode(_ type: Int.Type) throws -> Int { try source.integer(type, index) }
    func decode(_ type: Int8.Type) throws -> Int8 { try source.integer(type, index) }
    func decode(_ type: Int16.Type) throws -> Int16 { try source.integer(type, index) }
    func decode(_ type: Int32.Type) throws -> Int32 { try source.integer(type, index) }
    func decode(_ type: Int64.Type) throws -> Int64 { try source.integer(type, index) }
    func decode(_ type: UInt.Type) throws -> UInt { try source.integer(type, index) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try source.integer(type, index) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try source.integer(type, index) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try source.integer(type, index) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try source.integer(type, index) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try source.value(type, at: index) }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let source: JSONSource
    /// Where the members' values are.
    private let members: [String: Int]
    var codingPath: [any CodingKey] { source.path }

    init(_ source: JSONSource, _ index: Int) throws {
        var members: [String: Int] = [:]
        try source.members(of: index) { key, value in
            guard members.updateValue(value, forKey: key) == nil else { throw source.fault("a second member \(key)") }
        }
        self.source = source
        self.members = members
    }

    var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    private func place(_ key: Key) throws -> Int {
        guard let index = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: source.path, debugDescription: "is missing"))
        }
        return index
    }

    func decodeNil(forKey key: Key) throws -> Bool { source.isNull(try place(key)) }

    func decode(_: Bool.Type, forKey key: Key) throws -> Bool {
        let index = try place(key)
        return try source.read(below: key) { try source.bool(index) }
    }

    func decode(_: String.Type, forKey key: Key) throws -> String {
        let index = try place(key)
        return try source.read(below: key) { try source.string(index) }
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        let index = try place(key)
        return try source.read(below: key) { try source.integer(type, index) }
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try source.value(type, at: try place(key), below: key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        let index = try place(key)
        return try source.read(below: key) { KeyedDecodingContainer(try KeyedReader<Nested>(source, index)) }
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        let index = try place(key)
        return try source.read(below: key) { try UnkeyedReader(source, index) }
    }

    func superDecoder() throws -> any Decoder {
        guard let index = members["super"] else {
            throw DecodingError.keyNotFound(
                NameKey(stringValue: "super"), .init(codingPath: source.path, debugDescription: "is missing"))
        }
        return JSONDecoding(source: source, index: index)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        JSONDecoding(source: source, index: try place(key))
    }
}

private struct UnkeyedReader: UnkeyedDecodingContainer {
    private let source: JSONSource
    /// Where the next value is, or the closing bracket.
    private var next: Int
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { source.path }
    /// Not known before the end.
    var count: Int? { nil }

    init(_ source: JSONSource, _ index: Int) throws {
        guard source.byte(index) == UInt8(ascii: "[") else { throw source.mismatch([Any].self, "is not an array") }
        self.source = source
        next = source.space(from: index + 1)
    }

    var isAtEnd: Bool { source.byte(next) == UInt8(ascii: "]") }

    /// Steps over the next value, once `body` has read it.
    private mutating func step<T>(_ body: (Int) throws -> T) throws -> T {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                T.self, .init(codingPath: source.path, debugDescription: "the array has no more values"))
        }
        let place = next
        let value = try source.read(below: IndexKey(currentIndex)) { try body(place) }
        let end = source.space(from: try source.end(of: place))
        if source.byte(end) == UInt8(ascii: ",") {
            next = source.space(from: end + 1)
            guard !isAtEnd else { throw source.fault("not a JSON value") }
        } else {
            guard source.byte(end) == UInt8(ascii: "]") else {
                throw source.fault("expected a comma or a closing bracket")
            }
            next = end
        }
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, source.isNull(next) else { return false }
        return try step { _ in true }
    }

    mutating func decode(_: String.Type) throws -> String { try step { [source] in try source.string($0) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try step { [source] in try source.integer(type, $0) } }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try step { [source] in try source.value(type, at: $0) }
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try step { [source] in KeyedDecodingContainer(try KeyedReader<Nested>(source, $0)) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try step { [source] in try UnkeyedReader(source, $0) }
    }

    mutating func superDecoder() throws -> any Decoder {
        try step { [source] in JSONDecoding(source: source, index: $0) }
    }
}
