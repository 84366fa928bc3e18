/// What `download` and `api` tell of a task beside its record. Times are nanoseconds since the request's beginning, over all
/// redirects together; 0 for what did not happen.
public struct FetchDetail: Sendable, Equatable {
    /// HTTP's status; 0 without a response.
    public var status: UInt32 = 0
    public var redirects: UInt32 = 0
    /// Connections that had to be made; 0 where one that was open did.
    public var connections: UInt32 = 0
    /// Bytes of ``reasonBytes``.
    private var reasonCount: UInt32 = 0
    /// Of the body.
    public var bytes: UInt64 = 0
    /// Until the name was looked up.
    public var lookup: UInt64 = 0
    /// Until the connection was there.
    public var connect: UInt64 = 0
    /// Until TLS was agreed on.
    public var tls: UInt64 = 0
    public var firstByte: UInt64 = 0
    private var reasonBytes = InlineArray<176, UInt8>(repeating: 0)

    public static let byteCount = MemoryLayout<FetchDetail>.stride

    public init() {}

    /// The detail that stands at `place`.
    public init(at place: UnsafeRawPointer) {
        self = place.loadUnaligned(as: FetchDetail.self)
    }

    /// Why no whole response came, in the library's words; empty where one did. Cut off where it is too long.
    public var reason: String {
        get {
            let count = min(Int(reasonCount), reasonBytes.count)
            return String(decoding: (0..<count).lazy.map { reasonBytes[$0] }, as: UTF8.self)
        }
        set {
            reasonCount = 0
            for byte in newValue.utf8.prefix(reasonBytes.count) {
                reasonBytes[Int(reasonCount)] = byte
                reasonCount += 1
            }
        }
    }

    public static func == (one: FetchDetail, other: FetchDetail) -> Bool {
        (one.status, one.redirects, one.connections, one.bytes, one.reason)
            == (other.status, other.redirects, other.connections, other.bytes, other.reason)
            && (one.lookup, one.connect, one.tls, one.firstByte)
                == (other.lookup, other.connect, other.tls, other.firstByte)
    }
}
