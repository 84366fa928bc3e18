import CLinux

/// Tells that children of this process have ended or stopped, those included that it has not started: as the first process of a
/// container, or where it adopts orphans, it gets others whose parents have ended. Takes SIGCHLD for itself, for good.
public struct ChildChanges: Sendable {
    /// Readable once a child has ended or stopped since ``see()``. Of the process, as the signal is: never closed.
    public let descriptor: Int32

    public init() throws(SystemError) {
        descriptor = try kernel("sigaction") { par_child_changes() }
    }

    /// Takes in that some have.
    public func see() { par_child_changes_seen(descriptor) }
}
