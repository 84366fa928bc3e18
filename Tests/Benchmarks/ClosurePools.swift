import Dispatch
import Linux
import NIOPosix
import Synchronization

/// Pools of this process that take closures: what a Swift program would use without par.
protocol ClosurePool {
    static var title: String { get }
    init(threads: Int)
    func submit(_ body: @escaping @Sendable () -> Void)
    func end()
}

final class NIOPool: ClosurePool {
    static let title = "NIOThreadPool"
    private let pool: NIOThreadPool

    init(threads: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
    }

    func submit(_ body: @escaping @Sendable () -> Void) {
        pool.submit { _ in body() }
    }

    func end() {
        let gone = Answer<Void>()
        pool.shutdownGracefully { _ in gone.give(()) }
        gone.wait()
    }
}

/// A concurrent queue. It decides on its threads by itself.
final class DispatchPool: ClosurePool {
    static let title = "Dispatch async"
    private let queue = DispatchQueue(label: "benchmarks", attributes: .concurrent)

    init(threads: Int) {}

    func submit(_ body: @escaping @Sendable () -> Void) {
        queue.async(execute: body)
    }

    func end() {}
}

/// A word that one thread sets and another one sleeps on.
final class Bell: @unchecked Sendable {
    // The word is only accessed atomically, and lives as long as the bell.
    private let word: Futex.Word

    init() {
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(0))
    }

    deinit {
        word.deallocate()
    }

    func ring() {
        word.pointee.store(1, ordering: .releasing)
        Futex.wake(word)
    }

    /// Waits until rung, and makes ready for the next time.
    func wait() {
        while word.pointee.exchange(0, ordering: .acquiring) == 0 { Futex.wait(word, while: 0) }
    }
}

extension ClosurePool {
    /// Round trips of an empty closure to one thread, each after a pause, in nanoseconds.
    static func calls(_ bench: Bench, count: Int, pause nanoseconds: Int, _ place: Place) throws -> [Double] {
        let pool = Self(threads: 1)
        defer { pool.end() }
        let bell = Bell()
        let thread = Answer<Int32>()
        pool.submit { thread.give(ThisProcess.tid) }
        return try bench.placed(place, caller: ThisProcess.tid, worker: thread.wait()) {
            (0..<count).map { _ in
                rest(nanoseconds: nanoseconds)
                let start = Monotonic.now()
                pool.submit { bell.ring() }
                bell.wait()
                return Double(Monotonic.now() - start)
            }
        }
    }

    /// Nanoseconds a closure, of `count` that are submitted one by one and counted.
    static func many(_ count: Int, threads: Int, _ body: @escaping @Sendable () -> Void = {}) -> [Double] {
        let pool = Self(threads: threads)
        defer { pool.end() }
        let bell = Bell()
        let left = Left(count)
        let start = Monotonic.now()
        for _ in 0..<count {
            pool.submit {
                body()
                if left.isLast() { bell.ring() }
            }
        }
        bell.wait()
        return [Double(Monotonic.now() - start) / Double(count)]
    }
}

/// Counts down.
private final class Left: Sendable {
    private let count: Atomic<Int>

    init(_ count: Int) {
        self.count = Atomic(count)
    }

    func isLast() -> Bool {
        count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0
    }
}
