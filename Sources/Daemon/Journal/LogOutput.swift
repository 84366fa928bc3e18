/// Where entries end up. Only a ``LogQueue``'s own thread writes, so writing may block.
public protocol LogOutput: Sendable {
    /// Writes one entry.
    ///
    /// - Returns: false if it could not be written and is lost.
    func write(_ entry: LogEntry) -> Bool
}
