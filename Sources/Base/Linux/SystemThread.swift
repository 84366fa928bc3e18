import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A thread of the system's, outside any executor: for code that blocks, and for children that die with their parent.
public struct SystemThread: Sendable {
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private static let entry: @convention(c) @Sendable (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        start in
        guard let start else { return nil }
        let taken = Unmanaged<Start>.fromOpaque(start).takeRetainedValue()
        ThisProcess.setName(taken.name)
        taken.body()
        return nil
    }

    private let thread: pthread_t

    /// Starts a thread. Its name is shown in at most 15 bytes.
    public init(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let code = pthread_create(&thread, nil, Self.entry, start.toOpaque())
        if code != 0 {
            start.release()
            throw SystemError("pthread_create", Errno(rawValue: code))
        }
        self.thread = thread
    }

    /// Waits until the thread has ended. To be called once.
    public func join() {
        pthread_join(thread, nil)
    }

    /// Gives `byteCount` bytes of memory back to the system by `body`. Where they are many that takes the kernel long, and is
    /// done on a thread of its own: whoever calls this may have others to serve.
    public static func giveBack(_ byteCount: Int, _ body: @escaping @Sendable () -> Void) {
        if byteCount < givenBackHere { return body() }
        do {
            try detached(named: "par-give-back", body)
        } catch {
            body()
        }
    }

    /// Starts a thread that nobody waits for.
    public static func detached(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        pthread_detach(try SystemThread(named: name, body).thread)
    }

    /// As long as a thread takes to start, so many bytes go back.
    private static let givenBackHere = 1 << 20
}

/// A few threads for what would hold up an event loop: reading a large call, writing a long reply, closing what a stranger
/// has opened.
///
/// Work is done in the order in which it came. Its amount is bounded by those who hand it in: one piece for each connection.
public final class BackgroundThreads: Sendable {
    private struct State: Sendable {
        var waiting: [@Sendable () -> Void] = []
        /// Where the next piece of work stands in `waiting`.
        var next = 0
        var isOver = false
    }

    private let state = Mutex(State())
    /// Counts the pieces of work that nobody has taken, and one for each thread at the end. Each wakes one thread: an eventfd would
    /// wake all that wait.
    private let count: Semaphore
    private let threads: Int

    /// Starts `count` threads of this name. They have the same priority as the others: one with less could be kept waiting while
    /// it holds a lock of the allocator's, or of the address space, for which all others would then wait.
    public init(named name: String, count: Int) throws(SystemError) {
        threads = count
        self.count = Semaphore()
        for _ in 0..<count {
            _ = try SystemThread(named: name) { [self] in
                while let work = take() { work() }
            }
        }
    }

    /// Has `body` done on one of the threads; dropped once ``end()`` was called.
    public func run(_ body: @escaping @Sendable () -> Void) {
        let isTaken = state.withLock { state in
            if !state.isOver { state.waiting.append(body) }
            return !state.isOver
        }
        if isTaken { count.post() }
    }

    /// Ends the threads once all that was handed in is done.
    public func end() {
        let wasOver = state.withLock { state in
            defer { state.isOver = true }
            return state.isOver
        }
        guard !wasOver else { return }
        for _ in 0..<threads { count.post() }
    }

    /// Waits for the next piece of work; nil when there will be none.
    private func take() -> (@Sendable () -> Void)? {
        while true {
            count.wait()
            let (work, isOver) = state.withLock { state in
                guard state.next < state.waiting.count else { return (nil as (@Sendable () -> Void)?, state.isOver) }
                let work = state.waiting[state.next]
                state.waiting[state.next] = {}
                state.next += 1
                if state.next == state.waiting.count || state.next > Self.spentLimit {
                    state.waiting.removeFirst(state.next)
                    state.next = 0
                }
                return (work, false)
            }
            if let work { return work }
            if isOver { return nil }
        }
    }

    /// How many places of work that is done are kept until they are cleared away together.
    private static let spentLimit = 256
}

/// A count that threads wait for, of this process.
private final class Semaphore: @unchecked Sendable {
    // The C library's own, which is made for several threads.
    private let place = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(place, 0, 0) }

    deinit {
        sem_destroy(place)
        place.deallocate()
    }

    func post() { sem_post(place) }

    /// Waits until there is one, and takes it.
    func wait() { while sem_wait(place) != 0 {} }
}

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
