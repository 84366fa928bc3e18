public import Varlink

/// What a server allows its clients, and what it tells its owner.
public struct ServerConfiguration: Sendable {
    /// How many connections may be open at once, by default.
    public static let defaultConnections = 512
    /// How many connections the kernel may hold until they are accepted. It has a limit of its own (net.core.somaxconn).
    public static let backlog: Int32 = 4096

    /// The size and depth of calls.
    public var limits = Limits.server
    /// How many connections may be open at once; the next one gets ``refusal`` and is closed.
    public var connections = ServerConfiguration.defaultConnections
    /// Whether users have shares of what is limited. A server for one user lets him have everything.
    public var isShared = false
    /// How many bytes of further calls are read while one is being answered; then reading stops until it is done.
    public var pipelineBytes = 1 << 16
    /// A call of more bytes is read and answered on a background thread.
    public var inlineBytes = 1 << 13
    /// How many bytes of calls may be on their way on all connections, beside ``pipelineBytes`` on each; the connection that
    /// brings more gets ``refusal`` and is closed.
    public var callBytes = 8 * Limits.serverFrameBytes
    /// How many descriptors a call may bring, whatever the service takes. More are closed.
    public var descriptors = 16
    /// How long a call may take to come, from its first byte to its last, in nanoseconds.
    public var callNanoseconds: UInt64 = 10_000_000_000
    /// How long a client may take to read some of what waits for it, in nanoseconds.
    public var replyNanoseconds: UInt64 = 60_000_000_000
    /// The same while ``isShort`` says that room is needed: whoever has taken longest has to go.
    public var shortReplyNanoseconds: UInt64 = 1_000_000_000
    /// How many bytes of replies may wait for one client, and one reply more.
    public var clientReplyBytes = 1 << 17
    /// How many bytes of replies may wait for all clients; beyond, each has no more than one reply.
    public var replyBytes = 32 << 20
    /// Whether what waits for clients holds memory that is needed. Called now and then while something waits.
    public var isShort: @Sendable () -> Bool = { false }
    /// What a client is told that has used up a limit, by itself or with all others; nil closes the connection without a word.
    ///
    /// - `share`: what the peer's user may have, where that is less than what all may.
    public var refusal: @Sendable (_ limit: ServerLimit, _ allowed: Int, _ share: Peer?) -> (any ErrorConvertible)? = {
        _, _, _ in nil
    }
    /// Told of what no reply says. Called on any thread: must be quick and must not block.
    public var onEvent: @Sendable (ServerEvent) -> Void = { _ in }

    public init() {}
}
