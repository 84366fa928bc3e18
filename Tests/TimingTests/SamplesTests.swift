import Testing
import Timing

@Suite("Samples")
struct SamplesTests {
    @Test("keep least, greatest and sum exactly, and percentiles to three digits")
    func summary() {
        var samples = Samples()
        let values = (1...10_000).map { UInt64($0) * 1_000 + 7 }
        for value in values.shuffled() { samples.record(value) }
        #expect(samples.count == 10_000)
        #expect(samples.min == 1_007)
        #expect(samples.max == 10_000_007)
        #expect(samples.sum == values.reduce(0, +))
        for (value, exact) in zip(samples.percentiles([50, 90, 99]), [5_000_007.0, 9_000_007, 9_900_007]) {
            #expect(abs(Double(value) / exact - 1) < 0.001)
        }
    }

    @Test("of a few durations have percentiles that are among them", arguments: [4, 100, Samples.exactCount])
    func few(count: Int) {
        var samples = Samples()
        for value in (1...count).shuffled() { samples.record(UInt64(value)) }
        let rank = { (percent: Int) in UInt64((percent * count + 99) / 100) }
        #expect(samples.percentiles([50, 90, 99, 100]) == [rank(50), rank(90), rank(99), rank(100)])
    }

    @Test("of one duration have every percentile at it")
    func single() {
        var samples = Samples()
        samples.record(12_163_177)
        #expect(samples.percentiles([0, 50, 99, 100]) == [12_163_177, 12_163_177, 12_163_177, 12_163_177])
    }

    @Test("of none are all zero")
    func none() {
        let samples = Samples()
        #expect(samples.percentiles([50]) == [0])
        #expect(samples.min == 0)
    }
}

@Suite("Derived figures")
struct DerivedFiguresTests {
    @Test("compare the tasks' time with the run's")
    func speedup() {
        let figures = DerivedFigures(taskSum: 4_000, tasks: 4, run: 2_000, workers: 4, startup: 3_000)
        #expect(figures.speedup == 2)
        #expect(figures.efficiency == 0.5)
        // A task of 1000 gains 500, so 3000 of start-up are worth it from six on.
        #expect(figures.breakEven == 6)
    }

    @Test("know no break-even where more workers were no faster")
    func noGain() {
        #expect(DerivedFigures(taskSum: 900, tasks: 3, run: 1_000, workers: 2, startup: 10).breakEven == nil)
    }

    @Test("are missing where no task ran")
    func nothing() {
        let figures = DerivedFigures(taskSum: 0, tasks: 0, run: 0, workers: 2, startup: 10)
        #expect(figures.speedup == nil && figures.efficiency == nil && figures.breakEven == nil)
    }
}
