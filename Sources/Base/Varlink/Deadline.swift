import Glibc

/// A moment up to which something is waited for; never, where there is none.
package struct Deadline {
    /// Nanoseconds of CLOCK_MONOTONIC.
    private let end: Int?

    /// Whether it never comes.
    var isNever: Bool { end == nil }

    /// In `patience` from now on; nil for never.
    package init(in patience: Duration?) {
        end = patience.map { patience in
            let (seconds, attoseconds) = patience.components
            // A century is as good as never, and far from overflow.
            let nanoseconds =
                Int(min(max(seconds, 0), 3_200_000_000)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
            return Self.now + nanoseconds
        }
    }

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// What is left, in milliseconds for poll(2), rounded up; -1 for ever.
    private var milliseconds: Int32 {
        guard let end else { return -1 }
        return Int32(clamping: (max(end - Self.now, 0) + 999_999) / 1_000_000)
    }

    /// Waits until `descriptor` is ready for `events`, or has failed; false when the time is over.
    package func wait(for events: Int32, of descriptor: Int32) throws(SocketError) -> Bool {
        while true {
            var polled = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = poll(&polled, 1, milliseconds)
            if count > 0 { return true }
            if count < 0, errno != EINTR { throw SocketError(errno: errno) }
            if count == 0, milliseconds == 0 { return false }
        }
    }
}

extension StreamSocket {
    /// How long connect(2) and send(2) may wait.
    func setSendTimeout(_ patience: Duration) throws(SocketError) {
        let (seconds, attoseconds) = patience.components
        // A time of 0 would be for ever.
        var time = timeval(
            tv_sec: Int(seconds), tv_usec: max(Int(attoseconds / 1_000_000_000_000), seconds > 0 ? 0 : 1))
        try retrying {
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }
}
