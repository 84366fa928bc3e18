/// What one side of a connection accepts from the other. Whatever goes beyond is refused before it is decoded.
public struct Limits: Sendable, Equatable {
    /// The longest frame a server takes by default, in bytes: a call may bring what many tasks are given.
    public static let serverFrameBytes = 16 << 20
    /// The longest frame a client takes by default, in bytes: replies can carry many records.
    public static let clientFrameBytes = 64 << 20
    /// How deep objects and arrays may be nested by default; a frame's own object is level 1.
    public static let defaultJSONDepth = 32
    /// The deepest nesting that can be asked for: the scanner recurses once a level.
    public static let maximumJSONDepth = 512

    /// The longest frame, in bytes without its terminating NUL.
    public var frameBytes: Int
    /// How deep objects and arrays may be nested, from 1 to ``maximumJSONDepth``; values outside are clamped.
    public var jsonDepth: Int {
        didSet { jsonDepth = Self.clamped(jsonDepth) }
    }

    public init(frameBytes: Int, jsonDepth: Int = Limits.defaultJSONDepth) {
        self.frameBytes = frameBytes
        self.jsonDepth = Self.clamped(jsonDepth)
    }

    private static func clamped(_ depth: Int) -> Int { min(max(depth, 1), maximumJSONDepth) }

    /// The defaults of a server.
    public static let server = Limits(frameBytes: serverFrameBytes)
    /// The defaults of a client.
    public static let client = Limits(frameBytes: clientFrameBytes)
}
