public import Varlink

/// Decides who answers a call. Knows the services and what their descriptions say; answers `org.varlink.service` itself.
struct Router: Sendable {
    /// What is to be done with a call.
    enum Route {
        case reply(Reply)
        case serve(any Service)
    }

    private struct Method: Sendable {
        /// Nil for those that are answered here.
        var service: (any Service)?
        /// The parameters that it knows.
        var parameters: Set<String>
    }

    private static let introspection = "org.varlink.service"
    private let info: ServiceInfo
    private let names: [String]
    private let descriptions: [String: InterfaceDescription]
    /// By their full names.
    private var methods: [String: Method] = [:]

    init(info: ServiceInfo, services: [any Service]) throws(InterfaceError) {
        self.info = info
        let own = try InterfaceDescription(Self.introspectionSource)
        let all: [((any Service)?, InterfaceDescription)] = [(nil, own)] + services.map { ($0, $0.interface) }
        names = all.map(\.1.name)
        descriptions = Dictionary(all.map { ($1.name, $1) }) { $1 }
        for (service, description) in all {
            for method in description.methods {
                methods["\(description.name).\(method.name)"] = Method(
                    service: service, parameters: Set(method.input.map(\.name)))
            }
        }
    }

    /// The way of a call. Throws ``FrameError`` for a call that no server could answer.
    ///
    /// - Parameter parameterNames: as ``Call/read(_:limits:)`` has found them.
    func route(_ call: Call, _ parameterNames: [String]?) throws(FrameError) -> Route {
        do {
            let method = try method(of: call, parameterNames)
            if let service = method.service { return .serve(service) }
            return .reply(try answer(call))
        } catch let error as ServiceError {
            return .reply(try Reply(error))
        } catch {
            throw .notAMessage(reason: "\(error)")
        }
    }

    private func method(of call: Call, _ parameterNames: [String]?) throws(ServiceError) -> Method {
        guard let method = methods[call.method] else { throw missing(call.method) }
        // No service here speaks another protocol.
        guard !call.upgrade else { throw .methodNotImplemented(call.method) }
        guard let parameterNames else { throw .invalidParameter("parameters") }
        if let unknown = parameterNames.first(where: { !method.parameters.contains($0) }) {
            throw .invalidParameter(unknown)
        }
        return method
    }

    /// What is missing where there is no method of this name.
    private func missing(_ name: String) -> ServiceError {
        // By bytes: a stranger's name may be long, and Characters take their time.
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return .methodNotFound(name) }
        let interface = String(name[..<dot])
        return descriptions[interface] == nil ? .interfaceNotFound(interface) : .methodNotFound(name)
    }

    private func answer(_ call: Call) throws -> Reply {
        if call.method == "\(Self.introspection).GetInfo" { return try Reply(Info(info, interfaces: names)) }
        struct Parameters: Decodable { var interface: String }
        guard let wanted = try? JSON.decode(Parameters.self, from: call.parameters).interface else {
            throw ServiceError.invalidParameter("interface")
        }
        guard let description = descriptions[wanted] else { throw ServiceError.interfaceNotFound(wanted) }
        return try Reply(["description": description.source])
    }

    private struct Info: Encodable {
        var vendor: String, product: String, version: String, url: String, interfaces: [String]

        init(_ info: ServiceInfo, interfaces: [String]) {
            (vendor, product, version, url) = (info.vendor, info.product, info.version, info.url)
            self.interfaces = interfaces
        }
    }

    /// As https://varlink.org/Service defines it.
    private static let introspectionSource = """
        # What every service answers: who it is, which interfaces it has, and how they are described.
        interface org.varlink.service

        # The service and the names of its interfaces.
        method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)

        # The description of one interface, in this language.
        method GetInterfaceDescription(interface: string) -> (description: string)

        error InterfaceNotFound (interface: string)
        error MethodNotFound (method: string)
        # The description has the method, this service doesn't.
        error MethodNotImplemented (method: string)
        # A parameter is missing, unknown, or has a value that it can't have.
        error InvalidParameter (parameter: string)
        error PermissionDenied ()
        # The method answers with several replies: the call must say more.
        error ExpectedMore ()

        """
}

/// One interface that a server offers.
public protocol Service: Sendable {
    /// What the interface offers; its source is what the server hands out.
    var interface: InterfaceDescription { get }

    /// Answers a call to one of the interface's methods, at once or later.
    ///
    /// A small call is answered on the server's event loop, so that nothing has to change threads: until it returns the
    /// method must be quick, and never block. A large one is answered on a background thread, see
    /// ``IncomingCall/place``.
    /// The call's parameters are let go when it returns.
    func answer(_ call: IncomingCall)

    /// How many descriptors a call to `method` may bring. Those of others are closed unseen.
    func descriptorLimit(of method: String) -> Int
}

extension Service {
    /// None.
    public func descriptorLimit(of method: String) -> Int { 0 }
}

/// What a server tells about itself in `org.varlink.service.GetInfo`.
public struct ServiceInfo: Sendable {
    public var vendor: String
    public var product: String
    public var version: String
    public var url: String

    public init(vendor: String, product: String, version: String, url: String) {
        self.vendor = vendor
        self.product = product
        self.version = version
        self.url = url
    }
}
