public import Varlink

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
