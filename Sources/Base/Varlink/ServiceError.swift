/// An error that can be sent as a reply: one `error` of an interface description.
public protocol ErrorConvertible: Error {
    /// The full name, such as `org.example.Service.Busy`.
    var errorName: String { get }
    /// The members of the error; must encode as an object.
    var errorParameters: any Encodable { get }
}

/// An error as it came over a connection.
public struct ErrorReply: Error, Sendable, Equatable {
    /// The full name, such as `org.example.Service.Busy`.
    public let name: String
    /// The text of the object that holds the error's members.
    public let json: [UInt8]

    public init(name: String, json: [UInt8]) {
        self.name = name
        self.json = json
    }

    /// The error's members, or nil when they are not those of `T`.
    public func parameters<T: Decodable>(as: T.Type = T.self) -> T? {
        try? JSON.decode(T.self, from: json)
    }
}

/// The errors that every service knows: those of `org.varlink.service`.
public enum ServiceError: Error, Sendable, Equatable {
    case interfaceNotFound(String)
    case methodNotFound(String)
    /// The interface description has the method, this service doesn't.
    case methodNotImplemented(String)
    /// The parameter is missing, unknown or has a value that it can't have.
    case invalidParameter(String)
    case permissionDenied
    /// The method answers with several replies, so the call must say `more`.
    case expectedMore
}

extension ServiceError: ErrorConvertible {
    private static let prefix = "org.varlink.service."

    public var errorName: String {
        let name =
            switch self {
            case .interfaceNotFound: "InterfaceNotFound"
            case .methodNotFound: "MethodNotFound"
            case .methodNotImplemented: "MethodNotImplemented"
            case .invalidParameter: "InvalidParameter"
            case .permissionDenied: "PermissionDenied"
            case .expectedMore: "ExpectedMore"
            }
        return Self.prefix + name
    }

    public var errorParameters: any Encodable {
        switch self {
        case .interfaceNotFound(let name): ["interface": name]
        case .methodNotFound(let name), .methodNotImplemented(let name): ["method": name]
        case .invalidParameter(let name): ["parameter": name]
        case .permissionDenied, .expectedMore: [String: String]()
        }
    }

    /// The error that a reply says; nil when it is not one of these.
    public init?(_ reply: ErrorReply) {
        guard reply.name.hasPrefix(Self.prefix) else { return nil }
        func member(_ name: String) -> String? { reply.parameters(as: [String: String].self)?[name] }
        switch reply.name.dropFirst(Self.prefix.count) {
        case "InterfaceNotFound": self = .interfaceNotFound(member("interface") ?? "?")
        case "MethodNotFound": self = .methodNotFound(member("method") ?? "?")
        case "MethodNotImplemented": self = .methodNotImplemented(member("method") ?? "?")
        case "InvalidParameter": self = .invalidParameter(member("parameter") ?? "?")
        case "PermissionDenied": self = .permissionDenied
        case "ExpectedMore": self = .expectedMore
        default: return nil
        }
    }
}

extension ServiceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .interfaceNotFound(let name):
            "the service has no interface \(name): ask it for its interfaces with org.varlink.service.GetInfo"
        case .methodNotFound(let name):
            "the service has no method \(name): client and service are of different versions, so bring both to one"
        case .methodNotImplemented(let name):
            "the service doesn't offer \(name) in this form: use another method, or a newer service"
        case .invalidParameter(let name):
            "the service can't take parameter \(name): correct its value, or leave it out if the service is older"
        case .permissionDenied: "the service allows this only to others: ask its administrator"
        case .expectedMore: "this method answers in several replies: call it with more"
        }
    }
}
