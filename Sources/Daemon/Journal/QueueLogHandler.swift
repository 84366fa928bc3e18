public import Logging

/// swift-log's way into a ``LogQueue``.
public struct QueueLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level
    private let queue: LogQueue

    public init(_ queue: LogQueue, level: Logger.Level = .info) {
        self.queue = queue
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Leaves the entry for the queue's thread: no call here waits for anything but a short lock.
    public func log(event: LogEvent) {
        var all = event.metadata ?? [:]
        // What is closest to the message counts, where a key is there twice.
        if let metadataProvider { all.merge(metadataProvider.get()) { nearer, _ in nearer } }
        if !metadata.isEmpty { all.merge(metadata) { nearer, _ in nearer } }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        queue.add(LogEntry(level: event.level, message: event.message.description, metadata: all))
    }
}
