/// A place where an interface description is not as the language wants it.
public struct InterfaceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counts from 1.
    public let line: Int
    public let reason: String

    public var description: String { "line \(line): \(reason)" }
}
