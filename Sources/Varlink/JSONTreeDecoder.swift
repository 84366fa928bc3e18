extension JSONTree {
    /// The value whose text is `bytes`, read without Foundation's decoder, the first use of which takes milliseconds: more
    /// than the rest of a short-lived program.
    ///
    /// It reads what services write and throws for the rest, be it a fraction where a whole number is due or a key that is
    /// there twice; why that can't be read, or that it can, Foundation's decoder says.
    static func decode<T: Decodable>(_: T.Type, from bytes: [UInt8]) throws -> T {
        try T(from: NodeDecoder(bytes: bytes, node: try JSONTree(bytes)))
    }
}

/// Reads one value of a tree.
private struct NodeDecoder: Decoder, SingleValueDecodingContainer {
    let bytes: [UInt8]
    let node: JSONTree
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = node else { throw JSONTree.Unfit() }
        return KeyedDecodingContainer(try MemberContainer<Key>(bytes, members))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = node else { throw JSONTree.Unfit() }
        return ElementContainer(bytes: bytes, elements: elements)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { if case .null = node { true } else { false } }

    func decode(_: Bool.Type) throws -> Bool {
        guard case .flag(let flag) = node else { throw JSONTree.Unfit() }
        return flag
    }

    func decode(_: String.Type) throws -> String {
        guard let text = node.text(in: bytes) else { throw JSONTree.Unfit() }
        return text
    }

    func decode(_: Double.Type) throws -> Double {
        guard let number = node.fraction(in: bytes) else { throw JSONTree.Unfit() }
        return number
    }

    func decode(_: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_: Int.Type) throws -> Int { try whole() }
    func decode(_: Int8.Type) throws -> Int8 { try whole() }
    func decode(_: Int16.Type) throws -> Int16 { try whole() }
    func decode(_: Int32.Type) throws -> Int32 { try whole() }
    func decode(_: Int64.Type) throws -> Int64 { try whole() }
    func decode(_: UInt.Type) throws -> UInt { try whole() }
    func decode(_: UInt8.Type) throws -> UInt8 { try whole() }
    func decode(_: UInt16.Type) throws -> UInt16 { try whole() }
    func decode(_: UInt32.Type) throws -> UInt32 { try whole() }
    func decode(_: UInt64.Type) throws -> UInt64 { try whole() }
    func decode<T: Decodable>(_: T.Type) throws -> T { try T(from: self) }

    private func whole<T: FixedWidthInteger>() throws -> T {
        guard let number = node.whole(T.self, in: bytes) else { throw JSONTree.Unfit() }
        return number
    }
}

/// Reads the members of an object.
private struct MemberContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let bytes: [UInt8]
    private let members: [JSONTree.Member]
    var codingPath: [any CodingKey] { [] }

    init(_ bytes: [UInt8], _ members: [JSONTree.Member]) throws {
        guard JSONTree.areUnique(members) else { throw JSONTree.Unfit() }
        self.bytes = bytes
        self.members = members
    }

    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    private func member(_ key: Key) -> JSONTree? {
        let name = key.stringValue
        return members.first { $0.key == name }?.value
    }

    private func value(_ key: Key) throws -> NodeDecoder {
        guard let node = member(key) else { throw JSONTree.Unfit() }
        return NodeDecoder(bytes: bytes, node: node)
    }

    func contains(_ key: Key) -> Bool { member(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try value(key).decodeNil() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try value(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try value(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try value(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try value(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try value(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try value(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try value(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try value(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try value(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try value(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try value(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try value(key).decode(type) }
    func decode<T: Decodable>(_: T.Type, forKey key: Key) throws -> T { try T(from: try value(key)) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try value(key).unkeyedContainer()
    }

    /// No type of an interface inherits from another.
    func superDecoder() throws -> any Decoder { throw JSONTree.Unfit() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw JSONTree.Unfit() }
}

/// Reads the elements of an array, one after the other.
private struct ElementContainer: UnkeyedDecodingContainer {
    let bytes: [UInt8]
    let elements: [JSONTree]
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    init(bytes: [UInt8], elements: [JSONTree]) {
        self.bytes = bytes
        self.elements = elements
    }

    /// The next element, which is taken unless reading it throws.
    private mutating func next<T>(_ read: (NodeDecoder) throws -> T) throws -> T {
        guard !isAtEnd else { throw JSONTree.Unfit() }
        let value = try read(NodeDecoder(bytes: bytes, node: elements[currentIndex]))
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, case .null = elements[currentIndex] else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next { try $0.decode(type) } }
    mutating func decode(_ type: String.Type) throws -> String { try next { try $0.decode(type) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next { try $0.decode(type) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next { try $0.decode(type) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try next { try $0.decode(type) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next { try $0.decode(type) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next { try $0.decode(type) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next { try $0.decode(type) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next { try $0.decode(type) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next { try $0.decode(type) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next { try $0.decode(type) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next { try $0.decode(type) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next { try $0.decode(type) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next { try $0.decode(type) } }
    mutating func decode<T: Decodable>(_: T.Type) throws -> T { try next { try T(from: $0) } }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next { try $0.unkeyedContainer() }
    }

    /// No type of an interface inherits from another.
    mutating func superDecoder() throws -> any Decoder { throw JSONTree.Unfit() }
}
