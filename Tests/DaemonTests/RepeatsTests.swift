import Testing

@testable import Daemon

@Suite("What is logged again and again")
struct RepeatsTests {
    private let second = Repeats.interval

    @Test("each kind is told once a second, with the count of those kept back")
    func counts() {
        let repeats = Repeats()
        #expect(repeats.take("a", now: 5) == 1)
        #expect(repeats.take("b", now: 5) == 1)
        #expect(repeats.take("a", now: 6) == nil)
        #expect(repeats.take("a", now: 4 + second) == nil)
        #expect(repeats.take("a", now: 5 + second) == 3)
        #expect(repeats.take("a", now: 5 + 3 * second) == 1)
        #expect(repeats.take("b", now: 5 + 3 * second) == 1)
    }

    @Test("kinds without end are told as one")
    func kinds() {
        let repeats = Repeats()
        let told = (0..<10 * Repeats.kindLimit).count { repeats.take("kind \($0)", now: 5) != nil }
        #expect(told == Repeats.kindLimit + 1)
    }
}
