import CLinux
import Glibc

func errnoOfThread() -> Int32 { errno }

/// An open file descriptor with one owner, who closes it by letting it go.
public struct Descriptor: ~Copyable, Sendable {
    public let raw: Int32

    /// Takes over `raw`, which must be open and belong to nobody else.
    public init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        close(raw)
    }

    /// Gives the descriptor up to a caller who closes it.
    public consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }

    /// Gives the room of a part of a file back to its file system; it reads as zeros from then on.
    public func release(_ part: Range<Int>) throws(SystemError) {
        let raw = raw
        try kernel("fallocate") { par_memory_release(raw, UInt64(part.lowerBound), UInt64(part.count)) }
    }

    /// A new eventfd that doesn't block: writing adds to it, reading empties it.
    public static func event() throws(SystemError) -> Descriptor {
        Descriptor(owning: try system("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
    }
}

extension Descriptor {
    /// A new eventfd that counts: writing adds to it, and each ``awaitOne(_:)`` takes one away, or waits for one.
    static func semaphore() throws(SystemError) -> Descriptor {
        Descriptor(owning: try system("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE)) })
    }
}

/// Takes one from a counting eventfd, waiting until there is one; false where that can't be done.
func awaitOne(_ semaphore: Int32) -> Bool {
    var one: UInt64 = 0
    while read(semaphore, &one, 8) < 0 {
        if errno != EINTR { return false }
    }
    return true
}

/// Rings an eventfd. Async-signal-safe; a full counter is a bell already rung.
public func ring(_ event: Int32) {
    var one: UInt64 = 1
    while write(event, &one, 8) < 0, errno == EINTR {}
}

/// Empties an eventfd.
public func silence(_ event: Int32) {
    var count: UInt64 = 0
    while read(event, &count, 8) < 0, errno == EINTR {}
}
