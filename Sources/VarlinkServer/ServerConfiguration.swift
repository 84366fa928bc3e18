import Varlink

/// What a server allows its clients, and what it tells its owner.
public struct ServerConfiguration: Sendable {
    /// How many connections may be open at once, by default.
    public static let defaultConnections = 512
    /// How much a client may send ahead of the reply that it waits for, by default, in bytes.
    public static let defaultPipelineBytes = 1 << 16
    /// How many connections the kernel may hold until they are accepted.
    public static let backlog: Int32 = 128

    /// The size and depth of calls.
    public var limits = Limits.server
    /// How many connections may be open at once; the next one gets ``refusal`` and is closed.
    public var connections = ServerConfiguration.defaultConnections
    /// What a connection beyond ``connections`` is told; nil closes it without a word.
    public var refusal: (any ErrorConvertible)?
    /// How many bytes of further calls are read while one is being answered; then reading stops until it is done.
    public var pipelineBytes = ServerConfiguration.defaultPipelineBytes
    /// Told of what no reply says. Called on event loops: must be quick and must not block.
    public var onEvent: @Sendable (ServerEvent) -> Void = { _ in }

    public init() {}
}
