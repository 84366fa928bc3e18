public import Varlink

/// Decides who answers a call. Knows the services and what their descriptions say; answers `org.varlink.service` itself.
struct Router: Sendable {
    /// What is to be done with a call.
    enum Route {
        case reply(Reply)
        case serve(any Service)
    }

    private struct Entry: Sendable {
        var service: (any Service)?
        var description: InterfaceDescription
        /// The parameters that each method knows.
        var methods: [String: Set<String>]

        init(_ service: (any Service)?, _ description: InterfaceDescription) {
            self.service = service
            self.description = description
            methods = Dictionary(
                uniqueKeysWithValues: description.methods.map { ($0.name, Set($0.input.map(\.name))) })
        }
    }

    private static let introspection = "org.varlink.service"
    private let info: ServiceInfo
    private let names: [String]
    private let entries: [String: Entry]

    init(info: ServiceInfo, services: [any Service]) throws(InterfaceError) {
        self.info = info
        var entries = [Self.introspection: Entry(nil, try InterfaceDescription(Self.introspectionSource))]
        for service in services { entries[service.interface.name] = Entry(service, service.interface) }
        self.entries = entries
        names = [Self.introspection] + services.map(\.interface.name)
    }

    /// The way of a call. Throws ``FrameError`` for a call that no server could answer.
    func route(_ call: Call, limits: Limits) throws(FrameError) -> Route {
        do {
            let (entry, method) = try entry(for: call, limits: limits)
            if let service = entry.service { return .serve(service) }
            return .reply(try answer(call, method))
        } catch let error as ServiceError {
            return .reply(try Reply(error))
        } catch {
            throw .notAMessage(reason: "\(error)")
        }
    }

    private func entry(for call: Call, limits: Limits) throws(ServiceError) -> (Entry, Substring) {
        // By bytes: a stranger's name may be long, and Characters take their time.
        guard let dot = call.method.utf8.lastIndex(of: UInt8(ascii: ".")) else { throw .methodNotFound(call.method) }
        let interface = String(call.method[..<dot])
        let method = call.method[call.method.utf8.index(after: dot)...]
        guard let entry = entries[interface] else { throw .interfaceNotFound(interface) }
        guard let known = entry.methods[String(method)] else { throw .methodNotFound(call.method) }
        // No service here speaks another protocol.
        guard !call.upgrade else { throw .methodNotImplemented(call.method) }
        guard let given = call.parameterNames(limits: limits) else { throw .invalidParameter("parameters") }
        if let unknown = given.first(where: { !known.contains($0) }) { throw .invalidParameter(unknown) }
        return (entry, method)
    }

    private func answer(_ call: Call, _ method: Substring) throws -> Reply {
        if method == "GetInfo" { return try Reply(Info(info, interfaces: names)) }
        struct Parameters: Decodable { var interface: String }
        guard let wanted = try? JSON.decode(Parameters.self, from: call.parameters).interface else {
            throw ServiceError.invalidParameter("interface")
        }
        guard let entry = entries[wanted] else { throw ServiceError.interfaceNotFound(wanted) }
        return try Reply(["description": entry.description.source])
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
    /// method must be quick, and never block. A large one (``IncomingCall/isLarge``) is answered on a background thread.
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
