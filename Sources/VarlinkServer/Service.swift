import Varlink

/// One interface that a server offers.
public protocol Service: Sendable {
    /// What the interface offers; its source is what the server hands out.
    var interface: InterfaceDescription { get }

    /// Answers a call to one of the interface's methods: returns the last reply, which must encode as an object.
    ///
    /// It starts on the connection's event loop, so that a method that never suspends costs no change of threads; until its
    /// first suspension it must be quick, and blocking is never allowed. The task is cancelled when the connection goes
    /// away, and when the server's time to stop is over.
    ///
    /// An ``ErrorConvertible`` error becomes the reply that it says. Any other closes the connection and is reported as
    /// ``ServerEvent/handlerFailed(method:error:)``.
    func handle(_ call: IncomingCall, _ replies: Replies) async throws -> any Encodable
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
