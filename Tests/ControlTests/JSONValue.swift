import Varlink

/// Any JSON, to look at what a Swift type encodes to.
enum JSONValue: Decodable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let int = try? value.decode(Int.self) {
            self = .int(int)
        } else if let float = try? value.decode(Double.self) {
            self = .float(float)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONValue].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }
}

extension InterfaceDescription {
    /// Where `value` is not what `type` describes, one line a place; with every member there, optional ones too.
    func disagreements(_ value: JSONValue, _ type: ValueType, at path: String) -> [String] {
        switch (type, value) {
        case (.bool, .bool), (.int, .int), (.float, .float), (.float, .int), (.string, .string), (.object, .object):
            return []
        case (.named(let name), _):
            guard let named = types.first(where: { $0.name == name }) else { return ["\(path): no type \(name)"] }
            return disagreements(value, named.type, at: path)
        case (.optional(let inner), _):
            return disagreements(value, inner, at: path)
        case (.enumeration(let cases), .string(let text)):
            return cases.contains(text) ? [] : ["\(path): no case \(text)"]
        case (.array(let element), .array(let values)):
            return values.isEmpty
                ? ["\(path): the sample is empty"]
                : values.flatMap { disagreements($0, element, at: path + "[]") }
        case (.dictionary(let element), .object(let members)):
            return members.flatMap { disagreements($0.value, element, at: path + "[]") }
        case (.structure(let fields), .object(let members)):
            let extra = Set(members.keys).subtracting(fields.map(\.name)).map { "\(path).\($0): not in the interface" }
            return extra
                + fields.flatMap { field in
                    guard let member = members[field.name] else { return ["\(path).\(field.name): not in Swift"] }
                    return disagreements(member, field.type, at: "\(path).\(field.name)")
                }
        default:
            return ["\(path): \(value) is not \(type)"]
        }
    }
}
