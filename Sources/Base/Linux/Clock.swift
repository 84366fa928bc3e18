import CLinux
import Glibc
import Synchronization

/// The one clock of all stamps: CLOCK_MONOTONIC of this host, the same in every process.
public enum Monotonic {
    /// Nanoseconds since some moment before the host started.
    @inlinable public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
    }

    /// How long to wait for `moment`, for poll(2) or epoll(7): milliseconds, rounded up so that it has come by then; 0 where it has
    /// come already, and never the -1 that is for ever.
    public static func milliseconds(until moment: UInt64) -> Int32 {
        let now = now()
        return moment <= now ? 0 : Int32(clamping: (moment - now - 1) / 1_000_000 + 1)
    }
}

/// The processor time of the calling thread.
public enum ThreadCPU {
    /// Nanoseconds since the thread started. Costs about ten times as much as ``Monotonic/now()``.
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
    }
}

/// The processors that the calling thread may use.
public enum Processors {
    /// How many of them its affinity allows.
    public static var available: Int { max(1, Int(par_cpu_count())) }
    /// The one it is on.
    public static var current: Int32 { par_getcpu() }

    /// Whether the system has ever refused to say which processors a thread is to use, as the sandbox of a service may. It
    /// is not asked again then. Forked processes know what this one knew.
    private static let isRefused = Atomic<Bool>(false)

    private static func attempt(_ call: () -> Int32) -> Bool {
        if isRefused.load(ordering: .relaxed) { return false }
        let result = call()
        if result == -EPERM || result == -ENOSYS { isRefused.store(true, ordering: .relaxed) }
        return result >= 0
    }

    /// Finds out whether threads may be moved, on the calling one, which stays where it may be.
    public static func tryMoving() {
        _ = attempt { par_set_free(0) }
    }

    /// Has a sleeping thread wake up on the `index`th processor after the calling thread's, which `wake` makes it do.
    ///
    /// The kernel would wake it where it was last, or here, though another processor is idle. Afterwards the thread may go
    /// where it likes. Where the system doesn't allow this, the thread is woken all the same.
    public static func wake(thread tid: Int32, aside index: Int, _ wake: () -> Void) {
        let isPlaced = attempt { par_place(tid, par_getcpu(), Int32(truncatingIfNeeded: index)) }
        wake()
        if isPlaced { _ = par_set_free(tid) }
    }

    /// Lets another thread have the calling one's processor, if one is waiting for it.
    public static func yield() {
        sched_yield()
    }

    /// Moves the calling thread to a processor, if it may use it. It may go elsewhere later.
    public static func visit(_ processor: Int32) {
        _ = attempt { par_visit_cpu(processor) }
    }

    /// Moves the calling thread off a processor, if there is another one for it. It may come back later.
    public static func leave(_ processor: Int32) {
        _ = attempt { par_leave_cpu(processor) }
    }

    /// Keeps the calling thread on one of them.
    public static func pin(to processor: Int) throws(SystemError) {
        try kernel("sched_setaffinity") { par_pin(Int32(processor)) }
    }
}

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
        end.map(Monotonic.milliseconds(until:)) ?? -1
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
