import Glibc
import Ledger
import Linux
import Synchronization
import Testing

@testable import Workers

@Suite("Waiting for an order")
struct OrderWaiterTests {
    private func arena() throws -> Arena {
        let arena = try Arena(slotCount: 2, jobBytes: 4096)
        for number in 0..<2 { arena.slot(number).reset() }
        return arena
    }

    @Test("takes one that was there before, and is idle once it is carried out")
    func before() throws {
        let arena = try arena()
        let slot = arena.slot(0)
        #expect(!slot.post(.work, subject: 4096, seat: 1))
        var waiter = OrderWaiter(arena: arena, number: 0)
        #expect(waiter.next() == .work)
        #expect(waiter.seen == 1 && !slot.isIdle)
        waiter.finish()
        #expect(slot.isIdle)
    }

    @Test("takes one that it doesn't know for the one to leave")
    func unknown() throws {
        let arena = try arena()
        _ = arena.slot(0).post(.work, subject: 0)
        arena.slot(0).order(1).pointee.store(99, ordering: .relaxed)
        var waiter = OrderWaiter(arena: arena, number: 0)
        #expect(waiter.next() == .leave)
    }

    @Test("takes those that wait in their order, and passes over those that were taken back")
    func several() throws {
        let arena = try arena()
        let slot = arena.slot(0)
        var waiter = OrderWaiter(arena: arena, number: 0)
        for job in 1...Slot.orderLimit {
            #expect(slot.hasRoom)
            _ = slot.post(.work, subject: UInt64(job * 4096))
        }
        #expect(!slot.hasRoom && slot.lastNumber == 4)
        #expect(waiter.next() == .work && slot.subject.pointee == 4096)
        // The one at hand can't be taken back, and the next one no longer once it has been.
        #expect(!slot.takeBack(1))
        #expect(slot.takeBack(2) && slot.takeBack(4) && !slot.takeBack(4))
        waiter.finish()
        #expect(slot.hasFinished(1) && !slot.hasFinished(2) && slot.hasRoom && !slot.isIdle)
        let (taken, done) = slot.times(of: 1)
        #expect(taken > 0 && done >= taken && slot.times(of: 3) == (0, 0))
        #expect(waiter.next() == nil)
        waiter.finish()
        #expect(waiter.next() == .work && slot.subject.pointee == 3 * 4096)
        #expect(waiter.seen == 3 && slot.hasFinished(2) && !slot.hasFinished(3))
        waiter.finish()
        #expect(waiter.next() == nil)
        waiter.finish()
        #expect(slot.isIdle)
        _ = slot.post(.leave, subject: 0)
        #expect(waiter.next() == .leave)
        waiter.finish()
        #expect(slot.isIdle && slot.hasFinished(4) && slot.hasFinished(5))
    }

    /// The order that a thread has taken.
    private final class Taken: Sendable {
        let order = Mutex<Slot.Order?>(nil)
    }

    @Test("sleeps without one, and is woken by it")
    func asleep() throws {
        let arena = try arena()
        let taken = Taken()
        try withExtendedLifetime(arena) {
            let thread = try SystemThread(named: "par-test") {
                var waiter = OrderWaiter(arena: arena, number: 0, maySpin: false)
                let order = waiter.next()
                taken.order.withLock { $0 = order }
                waiter.finish()
            }
            let slot = arena.slot(0)
            // Set just before it sleeps, and sleeping ends at once where an order has come meanwhile.
            while slot.parked.pointee.load(ordering: .sequentiallyConsistent) == 0 { Processors.yield() }
            #expect(taken.order.withLock { $0 } == nil)
            if slot.post(.stopThreads, subject: 1) { #expect(slot.wake()) }
            thread.join()
            #expect(taken.order.withLock { $0 } == .stopThreads)
            #expect(slot.isIdle && slot.parked.pointee.load(ordering: .relaxed) == 0)
        }
    }

    @Test("stays awake for the next one as the only worker of the arena")
    func searcher() throws {
        let arena = try arena()
        let searcher = arena.header.searcher
        let slot = arena.slot(1)
        var waiter = OrderWaiter(arena: arena, number: 1)
        _ = slot.post(.work, subject: 0)
        _ = waiter.next()
        _ = slot.post(.work, subject: 0)
        #expect(waiter.next() == .work)
        #expect(searcher.pointee.load(ordering: .relaxed) == 0)
        // Another one is awake already, and stays the one.
        searcher.pointee.store(1, ordering: .relaxed)
        _ = slot.post(.leave, subject: 0)
        #expect(waiter.next() == .leave)
        #expect(searcher.pointee.load(ordering: .relaxed) == 1)
    }
}
