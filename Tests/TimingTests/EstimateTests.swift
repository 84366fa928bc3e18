import Testing

@testable import Timing

@Suite struct EstimateTests {
    @Test func `the median is the middle value, or lies between the two middle ones`() throws {
        #expect(try #require(Estimate([3, 1, 2])).median == 2)
        #expect(try #require(Estimate([4, 1, 2, 3])).median == 2.5)
        #expect(try #require(Estimate([7])).median == 7)
    }

    @Test func `there is no estimate of nothing, nor of what is not a number`() {
        #expect(Estimate([]) == nil)
        #expect(Estimate([1, .nan]) == nil)
        #expect(Estimate([1, .infinity]) == nil)
    }

    /// Ranks and confidence levels, in percent, of the table of intervals for the median that textbooks print.
    @Test(
        arguments: [
            (6, 1, 96.9), (7, 1, 98.4), (8, 1, 99.2), (9, 2, 96.1), (10, 2, 97.9), (11, 2, 98.8), (12, 3, 96.1),
            (14, 3, 98.7), (15, 4, 96.5), (17, 5, 95.1), (18, 5, 96.9), (19, 5, 98.1), (20, 6, 95.9),
        ] as [(Int, Int, Double)])
    func `the interval has the ranks of the textbooks' table`(count: Int, rank: Int, percent: Double) throws {
        let found = try #require(Estimate.rank(for: count))
        #expect(found.rank == rank)
        #expect((found.confidence * 1000).rounded() / 10 == percent)
    }

    @Test func `five values are too few for an interval, six are not`() throws {
        #expect(try #require(Estimate([1, 2, 3, 4, 5])).interval == nil)
        let interval = try #require(Estimate([6, 2, 3, 5, 4, 1])?.interval)
        #expect(interval.low == 1 && interval.high == 6)
        #expect(Estimate.fewest == 6)
        for count in 0..<6 { #expect(Estimate.rank(for: count) == nil) }
    }

    @Test func `one stray value at each end doesn't widen the interval of ten`() throws {
        let interval = try #require(Estimate([-1000, 2, 3, 4, 5, 6, 7, 8, 9, 1000])?.interval)
        #expect(interval.low == 2 && interval.high == 9)
        #expect(interval.contains(2) && interval.contains(9) && !interval.contains(9.1))
    }

    @Test func `thousands of values are no trouble`() throws {
        let interval = try #require(Estimate((1...5000).map(Double.init))?.interval)
        // n/2 − 0.98 √n, as the normal distribution has it.
        #expect(abs(interval.low - 2431) <= 1 && abs(interval.high - 2570) <= 1)
        #expect(interval.confidence >= 0.95 && interval.confidence < 0.955)
    }

    /// Not a proof, but it would tell a wrong rank: the interval misses as often as it says it does, at most.
    @Test func `of many intervals as many hold the true median as promised`() throws {
        var random = Steps(state: 42)
        var held = 0
        for _ in 0..<4000 {
            let values = (0..<9).map { _ in Double.random(in: 0..<1, using: &random) }
            let interval = try #require(Estimate(values)?.interval)
            if interval.contains(0.5) { held += 1 }
        }
        // 96.1 % are promised; five standard deviations of the count are 61.
        #expect(abs(held - 3844) < 61)
    }

    /// The same numbers every time (SplitMix64, by Steele, Lea and Flood).
    private struct Steps: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
