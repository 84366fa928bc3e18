/// Reads an interface description by recursive descent.
struct InterfaceParser {
    private typealias Description = InterfaceDescription
    /// How deep types may be nested in one member; descriptions can come from a peer.
    private static let depthLimit = 32
    private static let plainTypes: [String: Description.ValueType] = [
        "bool": .bool, "int": .int, "float": .float, "string": .string, "object": .object,
    ]

    private let source: String
    private var lexer: InterfaceLexer
    private var token = InterfaceLexer.Token.end
    private var line = 1
    /// Every type that was referred to, and where first.
    private var references: [(name: String, line: Int)] = []

    init(_ source: String) {
        self.source = source
        lexer = InterfaceLexer(source)
    }

    mutating func parse() throws(InterfaceError) -> InterfaceDescription {
        try advance()
        try expect(.word("interface"))
        let name = try name("an interface's name such as org.example.Name", InterfaceNames.isInterface)
        var types: [Description.NamedType] = []
        var methods: [Description.Method] = []
        var errors: [Description.NamedType] = []
        var seen: Set<String> = []
        while token != .end {
            let keyword = token
            guard [.word("type"), .word("method"), .word("error")].contains(keyword) else {
                throw wrong("expected type, method or error")
            }
            try advance()
            let line = line
            let member = try self.name("a name that starts with a capital", InterfaceNames.isMember)
            guard seen.insert(member).inserted else {
                throw InterfaceError(line: line, reason: "\(member) is there twice")
            }
            switch keyword {
            case .word("type"): types.append(.init(name: member, type: try parenthesised(depth: 1)))
            case .word("error"): errors.append(.init(name: member, type: .structure(try structure())))
            default:
                let input = try structure()
                try expect(.mark("->"))
                methods.append(.init(name: member, input: input, output: try structure()))
            }
        }
        for reference in references where !types.contains(where: { $0.name == reference.name }) {
            throw InterfaceError(line: reference.line, reason: "type \(reference.name) is not defined")
        }
        return InterfaceDescription(name: name, source: source, types: types, methods: methods, errors: errors)
    }

    private mutating func advance() throws(InterfaceError) {
        (token, line) = try lexer.next()
    }

    private func wrong(_ expected: String) -> InterfaceError {
        InterfaceError(line: line, reason: "\(expected), found \(token.text)")
    }

    /// Steps over `wanted` when it is next.
    private mutating func take(_ wanted: InterfaceLexer.Token) throws(InterfaceError) -> Bool {
        guard token == wanted else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ wanted: InterfaceLexer.Token) throws(InterfaceError) {
        guard try take(wanted) else { throw wrong("expected \(wanted.text)") }
    }

    private mutating func name(_ what: String, _ isSpelled: (String) -> Bool) throws(InterfaceError) -> String {
        guard case .word(let name) = token, isSpelled(name) else { throw wrong("expected \(what)") }
        try advance()
        return name
    }

    private mutating func type(depth: Int) throws(InterfaceError) -> Description.ValueType {
        guard depth <= Self.depthLimit else {
            throw InterfaceError(line: line, reason: "types are nested deeper than \(Self.depthLimit) levels")
        }
        if try take(.mark("?")) {
            guard token != .mark("?") else { throw wrong("expected a type after ?") }
            return .optional(try type(depth: depth + 1))
        }
        if try take(.mark("[")) {
            let isDictionary = try take(.word("string"))
            try expect(.mark("]"))
            let element = try type(depth: depth + 1)
            return isDictionary ? .dictionary(element) : .array(element)
        }
        if token == .mark("(") { return try parenthesised(depth: depth) }
        let line = line
        guard case .word(let word) = token else { throw wrong("expected a type") }
        if let plain = Self.plainTypes[word] {
            try advance()
            return plain
        }
        let name = try name("a type", InterfaceNames.isMember)
        if !references.contains(where: { $0.name == name }) { references.append((name, line)) }
        return .named(name)
    }

    private mutating func structure() throws(InterfaceError) -> [Description.Field] {
        let line = line
        guard case .structure(let fields) = try parenthesised(depth: 1) else {
            throw InterfaceError(line: line, reason: "fields need types here")
        }
        return fields
    }

    /// A structure or an enumeration; `()` is a structure without fields.
    private mutating func parenthesised(depth: Int) throws(InterfaceError) -> Description.ValueType {
        try expect(.mark("("))
        if try take(.mark(")")) { return .structure([]) }
        var fields: [Description.Field] = []
        var cases: [String] = []
        repeat {
            let line = line
            let name = try name("a field's name", InterfaceNames.isField)
            guard !cases.contains(name), !fields.contains(where: { $0.name == name }) else {
                throw InterfaceError(line: line, reason: "\(name) is there twice")
            }
            if try take(.mark(":")) {
                fields.append(.init(name: name, type: try type(depth: depth + 1)))
            } else {
                cases.append(name)
            }
            guard fields.isEmpty || cases.isEmpty else {
                throw InterfaceError(line: line, reason: "either all members have a type, or none")
            }
        } while try take(.mark(","))
        try expect(.mark(")"))
        return fields.isEmpty ? .enumeration(cases) : .structure(fields)
    }
}
