import Varlink

/// What a server allows its clients, and what it tells its owner.
public struct ServerConfiguration: Sendable {
    /// How many connections may be open at once, by default.
    public static let defaultConnections = 512
    /// How much a client may send ahead of the reply that it waits for, by default, in bytes.
    public static let defaultPipelineBytes = 1 << 16
    /// How large a frame may be without being counted, by default, in bytes.
    public static let defaultLargeFrameBytes = 1 << 20
    /// How many large frames may be on their way at once, by default.
    public static let defaultLargeFrames = 8
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
    /// From how many bytes on a frame that is being read counts as large.
    public var largeFrameBytes = ServerConfiguration.defaultLargeFrameBytes
    /// How many connections may be in the middle of a large frame at once, so that memory is bounded; the next one gets
    /// ``largeFrameRefusal`` and is closed.
    public var largeFrames = ServerConfiguration.defaultLargeFrames
    /// What a connection beyond ``largeFrames`` is told; nil closes it without a word.
    public var largeFrameRefusal: (any ErrorConvertible)?
    /// Told of what no reply says. Called on event loops: must be quick and must not block.
    public var onEvent: @Sendable (ServerEvent) -> Void = { _ in }

    public init() {}
}
