import CLinux

/// Tells that children of this process have ended, those included that it has not started: as the first process of a container
/// it gets all whose parents have ended. Takes SIGCHLD for itself, for good.
public struct ChildEnds: Sendable {
    /// Readable once a child has ended since ``see()``. Of the process, as the signal is: never closed.
    public let descriptor: Int32

    public init() throws(SystemError) {
        descriptor = try kernel("sigaction") { par_child_ends() }
    }

    /// Takes in that some have ended.
    public func see() { par_child_ends_seen(descriptor) }
}
