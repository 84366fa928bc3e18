import Dispatch
import Foundation
import Glibc
import Synchronization
import Testing

@testable import VarlinkServer

@Suite("Replies on their way out", .timeLimit(.minutes(1)))
struct OutboxTests {
    @Test("who waits for room goes on, whichever thread has written what there was no room for")
    func room() throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let reader = ends[1]
        let limits = ReplyLimits(clientBytes: 1 << 17, totalBytes: 1 << 20)
        let bell = DispatchSemaphore(value: 0)
        let outbox = Outbox(
            socket: ends[0], totals: ServerTotals(), limits: limits,
            closer: UserCloser(closer: DescriptorCloser(), user: 0), callLoop: { bell.signal() })
        let call = outbox.begin()
        let isOver = Atomic(false)
        let threads = DispatchGroup()
        threads.enter()
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while read(reader, &buffer, buffer.count) > 0 {}
            threads.leave()
        }
        threads.enter()
        Thread.detachNewThread {
            // The loop, which goes on writing where the socket was full.
            while !isOver.load(ordering: .relaxed) {
                if bell.wait(timeout: .now() + 0.01) == .timedOut, !outbox.stand(awaits: false).isBlocked { continue }
                outbox.writeOn()
            }
            threads.leave()
        }
        let go = DispatchSemaphore(value: 0)
        threads.enter()
        Thread.detachNewThread {
            // It tells how far things are, at the same time as what is large is sent.
            let small = [UInt8](repeating: 1, count: 100)
            while true {
                go.wait()
                if isOver.load(ordering: .relaxed) { break }
                outbox.send(small, of: call, isLast: false)
            }
            threads.leave()
        }
        let large = [UInt8](repeating: 2, count: limits.clientBytes + 1)
        var hasRoom = true
        for _ in 0..<3000 where hasRoom {
            go.signal()
            outbox.send(large, of: call, isLast: false)
            let room = DispatchSemaphore(value: 0)
            outbox.whenRoom(call) { room.signal() }
            hasRoom = room.wait(timeout: .now() + 10) == .success
        }
        #expect(hasRoom)
        isOver.store(true, ordering: .relaxed)
        go.signal()
        shutdown(ends[0], Int32(SHUT_RDWR))
        threads.wait()
        outbox.close()
        close(reader)
    }
}
