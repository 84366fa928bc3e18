/// The members of a JSON object, each read as what it is expected to be.
///
/// The way for the few replies that a short-lived program can't do without: what Swift's own decoding takes to set up for
/// every type costs more than all the rest. Whatever is not as expected throws; why it can't be read, or that it can, the
/// ordinary decoder says.
package struct JSONObject {
    /// A member that is missing, or is something else than expected.
    package struct Unfit: Error {
        package init() {}
    }

    private let bytes: [UInt8]
    private let members: [JSONTree.Member]

    /// The object whose text is `bytes`.
    package init(_ bytes: [UInt8]) throws(Unfit) {
        guard let tree = try? JSONTree(bytes) else { throw Unfit() }
        try self.init(bytes, tree)
    }

    private init(_ bytes: [UInt8], _ tree: JSONTree) throws(Unfit) {
        guard case .object(let members) = tree, JSONTree.areUnique(members) else { throw Unfit() }
        self.bytes = bytes
        self.members = members
    }

    /// The names of all members, in their order.
    package var keys: [String] { members.map(\.key) }

    /// The member called `key`; nil where there is none, or null.
    private func member(_ key: String) -> JSONTree? {
        // Few keys are of one length, and comparing texts takes longer.
        let count = key.utf8.count
        guard let value = members.first(where: { $0.key.utf8.count == count && $0.key == key })?.value else {
            return nil
        }
        if case .null = value { return nil }
        return value
    }

    private func required(_ key: String) throws(Unfit) -> JSONTree {
        guard let member = member(key) else { throw Unfit() }
        return member
    }

    /// A whole number.
    package func number(_ key: String) throws(Unfit) -> Int {
        guard let number = try required(key).whole(Int.self, in: bytes) else { throw Unfit() }
        return number
    }

    package func numberIfPresent(_ key: String) throws(Unfit) -> Int? {
        member(key) == nil ? nil : try number(key)
    }

    /// A number that may have a fraction.
    package func fractionIfPresent(_ key: String) throws(Unfit) -> Double? {
        guard let member = member(key) else { return nil }
        guard let number = member.fraction(in: bytes) else { throw Unfit() }
        return number
    }

    package func text(_ key: String) throws(Unfit) -> String {
        guard let text = try required(key).text(in: bytes) else { throw Unfit() }
        return text
    }

    package func textIfPresent(_ key: String) throws(Unfit) -> String? {
        member(key) == nil ? nil : try text(key)
    }

    /// The elements of an array, all of them whole numbers; nil where there is no array.
    package func numbersIfPresent(_ key: String) throws(Unfit) -> [Int]? {
        guard let member = member(key) else { return nil }
        guard case .array(let elements) = member else { throw Unfit() }
        var numbers: [Int] = []
        numbers.reserveCapacity(elements.count)
        for element in elements {
            guard let number = element.whole(Int.self, in: bytes) else { throw Unfit() }
            numbers.append(number)
        }
        return numbers
    }

    /// The elements of an array, all of them texts.
    package func texts(_ key: String) throws(Unfit) -> [String] {
        _ = try required(key)
        return try textsIfPresent(key)
    }

    /// The elements of an array, all of them texts; none where there is no array.
    package func textsIfPresent(_ key: String) throws(Unfit) -> [String] {
        guard let member = member(key) else { return [] }
        guard case .array(let elements) = member else { throw Unfit() }
        var texts: [String] = []
        texts.reserveCapacity(elements.count)
        for element in elements {
            guard let text = element.text(in: bytes) else { throw Unfit() }
            texts.append(text)
        }
        return texts
    }

    /// A text that is one of the cases of `Value`.
    package func choice<Value: RawRepresentable<String>>(_ key: String) throws(Unfit) -> Value {
        guard let value = Value(rawValue: try text(key)) else { throw Unfit() }
        return value
    }

    package func choiceIfPresent<Value: RawRepresentable<String>>(_ key: String) throws(Unfit) -> Value? {
        member(key) == nil ? nil : try choice(key)
    }

    package func flagIfPresent(_ key: String) throws(Unfit) -> Bool? {
        guard let member = member(key) else { return nil }
        guard case .flag(let flag) = member else { throw Unfit() }
        return flag
    }

    package func object(_ key: String) throws(Unfit) -> JSONObject { try JSONObject(bytes, try required(key)) }

    package func objectIfPresent(_ key: String) throws(Unfit) -> JSONObject? {
        guard let member = member(key) else { return nil }
        return try JSONObject(bytes, member)
    }

    /// The elements of an array, all of them objects.
    package func objects(_ key: String) throws(Unfit) -> [JSONObject] {
        guard case .array(let elements) = try required(key) else { throw Unfit() }
        var objects: [JSONObject] = []
        objects.reserveCapacity(elements.count)
        for element in elements { objects.append(try JSONObject(bytes, element)) }
        return objects
    }

    package func objectsIfPresent(_ key: String) throws(Unfit) -> [JSONObject]? {
        member(key) == nil ? nil : try objects(key)
    }
}
