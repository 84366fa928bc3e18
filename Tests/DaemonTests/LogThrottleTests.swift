import Testing

@testable import Daemon

@Suite("What is logged again and again")
struct LogThrottleTests {
    private let second = LogThrottle.interval

    @Test("each kind is told once a second, with the count of those kept back")
    func counts() {
        let throttle = LogThrottle()
        #expect(throttle.take("a", now: 5) == 1)
        #expect(throttle.take("b", now: 5) == 1)
        #expect(throttle.take("a", now: 6) == nil)
        #expect(throttle.take("a", now: 4 + second) == nil)
        #expect(throttle.take("a", now: 5 + second) == 3)
        #expect(throttle.take("a", now: 5 + 3 * second) == 1)
        #expect(throttle.take("b", now: 5 + 3 * second) == 1)
    }

    @Test("kinds without end are told as one")
    func kinds() {
        let throttle = LogThrottle()
        let told = (0..<10 * LogThrottle.kindLimit).count { throttle.take("kind \($0)", now: 5) != nil }
        #expect(told == LogThrottle.kindLimit + 1)
    }
}
