import Histogram
import Testing

@testable import Timing

@Suite("Distributions")
struct DistributionTests {
    /// Durations of every size, always the same ones.
    private static func durations(_ count: Int, seed: UInt64 = 1) -> [UInt64] {
        var random = seed
        return (0..<count).map { place in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return random >> UInt64(20 + place % 40)
        }
    }

    @Test("count a duration where an HDR histogram of two digits counts it")
    func buckets() {
        for duration in Self.durations(5000) + [0, 1, 255, 256, 257, 511, 512, 1 << 40] {
            let histogram = Histogram<UInt64>(highestTrackableValue: 1 << 62, numberOfSignificantValueDigits: .two)
            let range = Distribution([duration]).buckets[0].range
            #expect(range.lowerBound == histogram.lowestEquivalentForValue(duration))
            #expect(range.upperBound == histogram.highestEquivalentForValue(duration))
        }
    }

    @Test("come back from their text as they were", arguments: [0, 1, 3, 4096, 20_000])
    func text(count: Int) {
        let distribution = Distribution(Self.durations(count))
        #expect(Distribution(text: distribution.text) == distribution)
        #expect(distribution.count == UInt64(count))
    }

    @Test("have the text that HdrHistogram's own programs write")
    func known() {
        // By the Python package hdrhistogram 0.10, whose payload is unpacked here.
        let text = "HISTEwAAAAsAAAAAAAAAAgAAAAAAAAABAAADRjC4oAA/8AAAAAAAAAEE7wcC8RMC6w0C"
        let distribution = Distribution([1, 1, 1_000, 1_000_000, 123_456_789])
        #expect(distribution.text == text)
        #expect(Distribution(text: text) == distribution)
    }

    @Test("merge as if all had been counted by one")
    func merging() {
        let (one, two) = (Self.durations(3000, seed: 2), Self.durations(500, seed: 3))
        var merged = Distribution(one)
        merged.add(Distribution(two))
        #expect(merged == Distribution(one + two))
    }

    @Test("have percentiles within a hundredth", arguments: [1, 7, 10_000])
    func percentiles(count: Int) {
        let values = Self.durations(count).sorted()
        let percents = [0, 50, 90, 99, 99.9, 100]
        for (percent, found) in zip(percents, Distribution(values).percentiles(percents)) {
            let rank = max(1, Int((percent / 100 * Double(count)).rounded(.up)))
            #expect(abs(Double(found) - Double(values[rank - 1])) <= Double(values[rank - 1]) * 0.01)
        }
    }

    @Test("are the same, whether durations come one by one or from samples")
    func sources() {
        let values = Self.durations(10_000)
        var (tally, samples) = (Tally(), Samples())
        for value in values {
            tally.record(value)
            samples.record(value)
        }
        #expect(tally.distribution == Distribution(values))
        #expect(samples.distribution == Distribution(values))
    }

    @Test(
        "are not read from what is none",
        arguments: [
            "", "A", "AAAA", "HISTEwAAAAA=", "!!!!", String(Distribution([1, 2, 3]).text.dropLast(4)),
            Distribution([5]).text + "AAAA",
        ])
    func strange(text: String) {
        #expect(Distribution(text: text) == nil)
    }
}
