import Testing

@testable import Daemon

@Suite struct RefusalNewsTests {
    @Test func `refusals are told once a second, with the count of those kept back`() {
        let news = RefusalNews()
        let second = RefusalNews.interval
        #expect(news.take(now: 5) == 1)
        #expect(news.take(now: 6) == nil)
        #expect(news.take(now: 4 + second) == nil)
        #expect(news.take(now: 5 + second) == 3)
        #expect(news.take(now: 5 + 3 * second) == 1)
    }
}
