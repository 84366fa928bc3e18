import Logging
import Testing

@testable import Journal

@Suite(.timeLimit(.minutes(1))) struct QueueTests {
    private static let droppedID = "b4b22820ed344634bd59ae86d5bee9cc"

    private func entry(_ message: String) -> LogEntry { LogEntry(level: .info, message: message) }

    @Test func `entries are written in their order`() throws {
        let output = try SocketOutput()
        let queue = try LogQueue(to: output, droppedID: Self.droppedID)
        var logger = Logger(label: "test") { _ in QueueLogHandler(queue) }
        logger[metadataKey: "own"] = "1"
        logger.info("first", metadata: ["b": "2"])
        logger.debug("below the level")
        logger.error("second")
        #expect(try output.next() == ["MESSAGE=first", "PRIORITY=6", "PARD_B=2", "PARD_OWN=1"])
        #expect(try output.next() == ["MESSAGE=second", "PRIORITY=3", "PARD_OWN=1"])
        #expect(queue.finish(within: 10_000))
    }

    @Test func `a journal that has stalled holds nobody up, and the drops are told once it goes on`() throws {
        let output = try SocketOutput()
        output.fill()
        let (count, capacity) = (1000, 10)
        let queue = try LogQueue(to: output, droppedID: Self.droppedID, capacity: capacity)
        // Nobody reads: if an entry waited for the journal, this would never come to its end.
        for index in 0..<count { queue.add(entry("entry \(index)")) }
        // Up to `capacity` are in the thread's hands, and as many wait.
        #expect(queue.dropped >= count - 2 * capacity)
        var (written, reported) = (0, 0)
        while written + reported < count {
            let fields = try output.next()
            guard fields.contains("MESSAGE_ID=\(Self.droppedID)") else {
                written += 1
                continue
            }
            #expect(fields.contains("PRIORITY=4"))
            let dropped = try #require(fields.first { $0.hasPrefix("PARD_DROPPED=") })
            reported += try #require(Int(dropped.dropFirst("PARD_DROPPED=".count)))
        }
        #expect(written >= capacity)
        #expect(written + reported == count)
        #expect(queue.finish(within: 10_000))
    }

    @Test func `a journal that is gone loses entries, and the drops are told once it is back`() async throws {
        let output = FickleOutput(isThere: false)
        let queue = try LogQueue(to: output, droppedID: Self.droppedID)
        var attempts = output.attempts.makeAsyncIterator()
        for name in ["a", "b", "c"] {
            queue.add(entry(name))
            while await attempts.next() != .init(message: name, wasTaken: false) {}
        }
        output.comeBack()
        queue.add(entry("d"))
        var taken: Set<String> = []
        while taken.count < 2, let attempt = await attempts.next() {
            if attempt.wasTaken { taken.insert(attempt.message) }
        }
        #expect(taken == ["d", "3 log entries were dropped: the log could not be written"])
        #expect(queue.finish(within: 10_000))
        #expect(queue.dropped == 0)
    }

    @Test func `the end doesn't wait for ever for a journal that has stalled`() throws {
        let output = try SocketOutput()
        output.fill()
        let queue = try LogQueue(to: output, droppedID: Self.droppedID)
        queue.add(entry("never read in time"))
        #expect(!queue.finish(within: 20))
        // Lets the thread end.
        #expect(try output.next().first == "MESSAGE=never read in time")
    }

    @Test func `what comes after the end is dropped`() throws {
        let queue = try LogQueue(to: FickleOutput(isThere: true), droppedID: Self.droppedID)
        #expect(queue.finish(within: 10_000))
        queue.add(entry("late"))
        #expect(queue.dropped == 1)
    }
}
