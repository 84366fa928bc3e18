import Glibc
import Ledger
import Linux
import SystemPackage

/// A started worker thread, to be joined.
final class WorkerThread {
    /// What the thread is to be.
    struct Seat {
        let arena: Arena
        let number: Int
        let event: Int32
        let support: (any RuntimeSupport.Type)?
    }

    private final class Start {
        let seat: Seat
        init(_ seat: Seat) { self.seat = seat }
    }

    /// At file scope and without captures: a closure made inside the program's main actor would insist on running there.
    private static let body: @convention(c) @Sendable (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        start in
        guard let start else { return nil }
        let seat = Unmanaged<Start>.fromOpaque(start).takeRetainedValue().seat
        let worker = Worker(arena: seat.arena, number: seat.number, event: seat.event)
        worker.run(seat.support)
        return nil
    }

    /// Less than the C library's usual 8 MiB: mapped sooner, and it keeps the stacks of ended threads for the next ones.
    private static let stackBytes = 256 * 1024
    /// Libraries are written for the usual stack.
    private static let libraryStackBytes = 8 * 1024 * 1024

    private let thread: pthread_t

    init(_ seat: Seat) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, seat.support == nil ? Self.stackBytes : Self.libraryStackBytes)
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(seat))
        let code = pthread_create(&thread, &attributes, Self.body, start.toOpaque())
        if code != 0 {
            start.release()
            throw SystemError("pthread_create", Errno(rawValue: code))
        }
        self.thread = thread
    }

    /// Waits until the thread has left.
    func join() {
        pthread_join(thread, nil)
    }
}
