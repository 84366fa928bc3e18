/// What an interface offers, as its description in Varlink's own language says.
public struct InterfaceDescription: Sendable, Equatable {
    /// The full name, such as `org.example.Service`.
    public let name: String
    /// The description as it was written, comments included.
    public let source: String
    /// In the order of the description, as the next two.
    public let types: [NamedType]
    public let methods: [Method]
    public let errors: [NamedType]

    /// A `type` or an `error`; an error's type is always a structure.
    public struct NamedType: Sendable, Equatable {
        public let name: String
        public let type: ValueType
    }

    /// A `method`, with the members of its parameters and of its reply.
    public struct Method: Sendable, Equatable {
        public let name: String
        public let input: [Field]
        public let output: [Field]
    }

    /// A member of a structure.
    public struct Field: Sendable, Equatable {
        public let name: String
        public let type: ValueType

        public init(name: String, type: ValueType) {
            self.name = name
            self.type = type
        }
    }

    /// What a member can hold.
    public indirect enum ValueType: Sendable, Equatable {
        case bool, int, float, string
        /// Any JSON object.
        case object
        /// A type that the interface names.
        case named(String)
        case structure([Field])
        case enumeration([String])
        case array(ValueType)
        /// A map with strings as keys.
        case dictionary(ValueType)
        /// May be null or left out.
        case optional(ValueType)
    }

    /// Reads a description, and checks that names are spelled as they must be, occur once, and are all defined.
    public init(_ source: String) throws(InterfaceError) {
        var parser = InterfaceParser(source)
        self = try parser.parse()
    }

    init(name: String, source: String, types: [NamedType], methods: [Method], errors: [NamedType]) {
        self.name = name
        self.source = source
        self.types = types
        self.methods = methods
        self.errors = errors
    }

    /// The method of that name, without the interface's.
    public func method(_ name: some StringProtocol) -> Method? {
        methods.first { $0.name == name }
    }
}
