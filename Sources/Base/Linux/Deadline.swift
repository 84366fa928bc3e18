import Glibc

/// A moment up to which something is waited for; never, where there is none.
package struct Deadline {
    /// Nanoseconds of ``Monotonic``.
    private let end: UInt64?

    /// Whether it never comes.
    package var isNever: Bool { end == nil }

    /// In `patience` from now on; nil for never.
    package init(in patience: Duration?) {
        end = patience.map { patience in
            let (seconds, attoseconds) = patience.components
            // A century is as good as never, and far from overflow.
            let whole = UInt64(min(max(seconds, 0), 3_200_000_000)) * 1_000_000_000
            return Monotonic.now() + whole + UInt64(max(attoseconds / 1_000_000_000, 0))
        }
    }

    /// What is left, in milliseconds for poll(2), rounded up; -1 for ever.
    private var milliseconds: Int32 {
        guard let end else { return -1 }
        let now = Monotonic.now()
        return end <= now ? 0 : Int32(clamping: (end - now + 999_999) / 1_000_000)
    }

    /// Waits until `descriptor` is ready for `events`, or has failed; false when the time is over.
    package func wait(for events: Int32, of descriptor: Int32) throws(SystemError) -> Bool {
        while true {
            var polled = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&polled, 1, milliseconds)
            if count > 0 { return true }
            if count < 0, errno != EINTR { throw SystemError("poll", .current) }
            if count == 0, milliseconds == 0 { return false }
        }
    }
}
