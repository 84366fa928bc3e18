import Testing

@testable import Timing

@Suite("Durations by their length")
struct BucketsTests {
    @Test("the classes go from a microsecond to 100 seconds, 1, 2.5 and 5 of each power of ten")
    func bounds() {
        #expect(Buckets.bounds.prefix(4) == [1000, 2500, 5000, 10_000])
        #expect(Buckets.bounds.suffix(2) == [50_000_000_000, 100_000_000_000])
        #expect(Buckets.bounds.count == 25)
    }

    @Test("a duration is in the first class whose bound it doesn't exceed")
    func places() {
        for duration in Buckets.bounds.flatMap({ [$0 - 1, $0, $0 + 1] }) + [0, 1, 1 << 40, .max] {
            var buckets = Buckets()
            buckets.record(duration)
            let place = Buckets.bounds.firstIndex { duration <= $0 } ?? Buckets.bounds.count
            #expect(buckets.counts.firstIndex(of: 1) == place, "\(duration)")
            #expect(buckets.sum == duration && buckets.count == 1)
        }
    }

    @Test("samples are counted one and all, whether they are few or many", arguments: [3, 5000, 20_000])
    func samples(count: Int) {
        var samples = Samples()
        var single = Buckets()
        for index in 0..<count {
            // Away from the bounds, as many samples are known to three digits only.
            let duration = [UInt64(700), 1_800, 32_000, 7_000_000, 900_000_000_000][index % 5]
            samples.record(duration)
            single.record(duration)
        }
        var buckets = Buckets()
        buckets.add(samples)
        #expect(buckets == single)
    }
}
