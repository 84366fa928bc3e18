import Linux
import Testing

/// Values that are made at their first use, under a lock of the runtime's.
private enum Late {
    static let first = Int.random(in: 1...9)
    static let second = Int.random(in: 1...9)
}

@Suite("The thread's ID that Swift's runtime keeps")
struct ThreadIDTests {
    /// No Mutex, which would keep the ID as well.
    private final class Counts: @unchecked Sendable {
        var found: [Int] = []
    }

    @Test("is found once the thread has taken a lock, and asked for anew where it has been forgotten")
    func forgetting() throws {
        let counts = Counts()
        try SystemThread(named: "par-test") {
            precondition(Late.first > 0)
            counts.found.append(ThisProcess.findThreadID())
            ThisProcess.forgetThreadID()
            counts.found.append(ThisProcess.findThreadID())
            precondition(Late.second > 0)
            counts.found.append(ThisProcess.findThreadID())
        }.join()
        #expect(counts.found.count == 3 && counts.found[0] > 0 && counts.found[2] > 0, "\(counts.found)")
        #expect(counts.found[1] == 0)
    }
}
