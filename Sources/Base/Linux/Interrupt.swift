import CLinux
import Glibc
import SystemPackage

/// A signal that only interrupts: a thread that waits in the kernel for something else looks up and sees that it is no
/// longer wanted.
///
/// It is SIGURG, which does nothing to a thread that has not asked for it.
public enum Interrupt {
    private static let number = SIGURG

    /// Has the calling thread be interrupted only while it waits by ``wait(for:nanoseconds:)``. To be called before the
    /// thread looks whether it is wanted.
    public static func expect() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        sigaction(number, &action, nil)
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, number)
        pthread_sigmask(SIG_BLOCK, &mask, nil)
    }

    /// Waits until one of the descriptors is ready or hung up, for at most so long (nil: for ever), or until the thread is
    /// interrupted. It may return early.
    ///
    /// Whoever is to be interrupted is told first, in memory, and sent the signal then: so a thread that looked before is
    /// interrupted here.
    public static func wait(for descriptors: inout [pollfd], nanoseconds: UInt64?) throws(SystemError) {
        let limit = nanoseconds.map { Int64(clamping: $0) } ?? -1
        let count = par_poll_unblocking(&descriptors, UInt32(descriptors.count), limit, number)
        guard count < 0 else { return }
        for index in descriptors.indices { descriptors[index].revents = 0 }
        let error = SystemError("ppoll", Errno(rawValue: -count))
        if error.errno != .interrupted { throw error }
    }

    /// Interrupts one thread of a process of this one's, if it waits. One that has ended is left as it is.
    public static func send(to thread: Int32, of process: Int32) {
        _ = par_signal_thread(process, thread, number)
    }
}
