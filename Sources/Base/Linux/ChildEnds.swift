import CLinux

/// Tells that children of this process have ended, those included that it has not started: as the first process of a container
/// it gets all whose parents have ended. SIGCHLD has to be blocked.
public final class ChildEnds: Sendable {
    private let file: Descriptor

    public init() throws(SystemError) {
        file = Descriptor(owning: try kernel("signalfd") { par_child_ends() })
    }

    /// Readable once a child has ended since ``see()``.
    public var descriptor: Int32 { file.raw }

    /// Takes in that some have ended.
    public func see() { par_child_ends_seen(file.raw) }
}
