import Glibc
import Ledger
import Linux
import SystemPackage

/// The first thread of a process of several: it starts and stops the others, and does no task itself.
struct ThreadHost {
    let arena: Arena
    let number: Int
    let event: Int32
    let support: (any RuntimeSupport.Type)?
    private let slot: Slot

    init(arena: Arena, number: Int, event: Int32, support: (any RuntimeSupport.Type)?) {
        self.arena = arena
        self.number = number
        self.event = event
        self.support = support
        slot = arena.slot(number)
    }

    /// Starts the threads that are linked to its own slot, then takes orders until told to leave, with all its threads.
    func serve() {
        var threads: [Int: WorkerThread] = [:]
        start(from: slot.link.pointee, into: &threads)
        slot.tid.pointee = UInt32(ThisProcess.tid)
        slot.readyAt.pointee.store(Monotonic.now(), ordering: .releasing)
        arena.tellNews(event)
        // Awake, it would take the processor from the threads that it has just started.
        var waiter = OrderWaiter(arena: arena, number: number, maySpin: false)
        while true {
            switch waiter.next() {
            case .startThreads: start(from: UInt32(slot.subject.pointee), into: &threads)
            case .stopThreads: stop(from: UInt32(slot.subject.pointee), outOf: &threads)
            case .leave: return
            case .work, nil: break
            }
            waiter.finish()
            arena.tellNews(event)
        }
    }

    private func start(from first: UInt32, into threads: inout [Int: WorkerThread]) {
        for number in arena.chain(from: first) {
            do {
                threads[number] = try WorkerThread(
                    .init(arena: arena, number: number, event: event, support: support))
            } catch {
                // Its slot never becomes ready, so the daemon has to give the whole process up.
                ThisProcess.leave(WorkerProcess.ExitCode.noThread)
            }
        }
    }

    private func stop(from first: UInt32, outOf threads: inout [Int: WorkerThread]) {
        let chain = arena.chain(from: first)
        for number in chain {
            let slot = arena.slot(number)
            if slot.post(.leave, subject: 0) { slot.wake() }
        }
        for number in chain {
            threads.removeValue(forKey: number)?.join()
            arena.slot(number).goneAt.pointee.store(Monotonic.now(), ordering: .releasing)
        }
    }
}

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
