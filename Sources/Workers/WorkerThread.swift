import Glibc
import Ledger
import Linux
import SystemPackage

/// Memory for the stacks of threads that start together: one mapping, each stack with a guard page below it.
///
/// Starting a thread on a stack that is there takes about half as long as letting the C library make one.
final class ThreadStacks {
    static let stackBytes = 256 * 1024
    private static let guardBytes = 4096
    private let base: UnsafeMutableRawPointer?
    private let byteCount: Int

    init(count: Int) {
        byteCount = count * (Self.stackBytes + Self.guardBytes)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK
        let map = byteCount == 0 ? nil : mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
        base = map == MAP_FAILED ? nil : map
    }

    deinit {
        if let base { munmap(base, byteCount) }
    }

    /// The lowest address of a stack; nil when there was no memory.
    func stack(_ index: Int) -> UnsafeMutableRawPointer? {
        guard let base else { return nil }
        let bottom = base + index * (Self.stackBytes + Self.guardBytes)
        return mprotect(bottom, Self.guardBytes, PROT_NONE) == 0 ? bottom + Self.guardBytes : nil
    }
}

/// A started worker thread, to be joined.
final class WorkerThread {
    /// What the thread is to be.
    struct Seat {
        let arena: Arena
        let number: Int
        let event: Int32
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
        worker.announce()
        worker.serve()
        return nil
    }

    private let thread: pthread_t
    private let stacks: ThreadStacks

    init(_ seat: Seat, stack stacks: ThreadStacks, index: Int) throws(SystemError) {
        guard let stack = stacks.stack(index) else { throw SystemError("mmap", .noMemory, on: "a thread's stack") }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstack(&attributes, stack, ThreadStacks.stackBytes)
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(seat))
        let code = pthread_create(&thread, &attributes, Self.body, start.toOpaque())
        if code != 0 {
            start.release()
            throw SystemError("pthread_create", Errno(rawValue: code))
        }
        self.thread = thread
        self.stacks = stacks
    }

    /// Waits until the thread has left.
    func join() {
        pthread_join(thread, nil)
    }
}
