import Glibc
import Testing
import Timing

@testable import Experiments

/// Times as a host gives them: scattered by a few percent, and now and then far off.
private struct Clock {
    var random: SeededRandom
    var scatter = 0.04

    mutating func normal() -> Double {
        let one = Double.random(in: Double.ulpOfOne..<1, using: &random)
        let two = Double.random(in: 0..<1, using: &random)
        return (-2 * log(one)).squareRoot() * cos(2 * .pi * two)
    }

    /// About `median`, one in twenty of them up to twice as long.
    mutating func time(_ median: Double) -> Double {
        let usual = median * exp(scatter * normal())
        return Double.random(in: 0..<1, using: &random) < 0.05
            ? usual * Double.random(in: 1..<2, using: &random) : usual
    }

    mutating func times(_ count: Int, _ median: Double) -> [Double] { (0..<count).map { _ in time(median) } }
}

@Suite("What figures say of the truth behind them")
struct StatisticsTests {
    private static let experiments = 200
    /// Of 100, those in which it holds.
    private func percent(_ seed: UInt64, _ count: Int = experiments, _ holds: (inout Clock) -> Bool) -> Double {
        var clock = Clock(random: SeededRandom(seed: seed))
        return Double((0..<count).count { _ in holds(&clock) }) * 100 / Double(count)
    }

    @Test("of 200 intervals of a median 92 to 98 % hold it", arguments: [15, 20, 30, 60])
    func medians(runs: Int) {
        let held = percent(UInt64(runs)) { clock in
            clock.scatter = 0.04
            // The median of these is where 50 % of the mixture lie; found once, from many.
            return Estimate(clock.times(runs, 100).map { $0 })?.interval?.contains(Self.truth) ?? false
        }
        #expect((92...98).contains(held), "\(held) %")
    }

    /// The median of ``Clock``'s times, from a million of them.
    private static let truth: Double = {
        var clock = Clock(random: SeededRandom(seed: 99))
        return Estimate(clock.times(1_000_000, 100))?.median ?? 0
    }()

    @Test("of 200 intervals of a ratio of two cells 92 to 98 % hold it")
    func ratios() {
        let held = percent(7) { clock in
            let pairs = zip(clock.times(30, 130), clock.times(30, 100)).map { $0 / $1 }
            return Estimate(pairs)?.interval?.contains(1.3) ?? false
        }
        #expect((92...98).contains(held), "\(held) %")
    }

    @Test("of 200 intervals of a ratio to a baseline 92 to 98 % hold it")
    func independent() {
        let held = percent(8) { clock in
            guard let ratio = Independent.ratio(of: clock.times(30, 130), to: clock.times(25, 100)),
                let low = ratio.low, let high = ratio.high
            else { return false }
            return low <= 1.3 && 1.3 <= high
        }
        #expect((92...98).contains(held), "\(held) %")
    }

    @Test("two equal commands are told apart in at most 5 of 100 tries")
    func equal() {
        // Of many tries, as a hundred alone are chance.
        let told = percent(20, 2000) { clock in
            let ratio = Estimate(zip(clock.times(30, 100), clock.times(30, 100)).map { $0 / $1 })
            return ratio.map { [.more, .less].contains(Certainty($0)) } ?? true
        }
        #expect(told <= 5, "\(told) of 100")
    }

    @Test("one that is 5 % slower is found in at least 9 of 10 experiments of 30 runs")
    func slower() {
        let found = percent(31) { clock in
            clock.scatter = 0.03
            let ratio = Estimate(zip(clock.times(30, 105), clock.times(30, 100)).map { $0 / $1 })
            return ratio.map { Certainty($0) == .more } ?? false
        }
        #expect(found >= 90, "\(found) %")
        let beside = percent(32) { clock in
            clock.scatter = 0.03
            return (Independent.ratio(of: clock.times(30, 105), to: clock.times(30, 100))?.low ?? 0) > 1
        }
        #expect(beside >= 90, "\(beside) %")
    }

    @Test("where nobody can tell, it says how many rounds would settle it")
    func settling() {
        #expect(Certainty(Estimate([0.9, 1.2, 1.0, 1.3, 0.8])!) == .unknown(rounds: Estimate.fewest))
        let close = Estimate([1.05, 0.97, 1.06, 1.02, 1.04, 0.96, 1.08, 1.01])!
        guard case .unknown(let rounds?) = Certainty(close) else {
            Issue.record("\(Certainty(close))")
            return
        }
        #expect(rounds > 8 && rounds < 100)
        let alike = Certainty(Estimate((0..<30).map { 1 + Double($0 % 3 - 1) * 0.005 })!)
        if case .same(let most) = alike { #expect(abs(most - 0.005) < 1e-9) } else { Issue.record("\(alike)") }
        #expect(Certainty(Estimate([0.7, 1.3, 0.8, 1.2, 1, 1])!) == .unknown(rounds: nil))
    }

    @Test("a value far from the others is named by its round, and none of a few or of equal ones is")
    func outliers() {
        var values: [Double?] = (0..<20).map { 100 + Double($0 % 5) }
        values[7] = 310
        values[9] = nil
        #expect(Outlier.among(values).map(\.round) == [7])
        #expect(Outlier.among([1, 1, 1, 1, 1, 1, 9]).isEmpty)
        #expect(Outlier.among([1, 2, 300]).isEmpty)
    }

    @Test("a host that gets slower is noticed, one that scatters is not")
    func drift() {
        var clock = Clock(random: SeededRandom(seed: 5))
        let drifted = clock.times(15, 100) + clock.times(15, 130)
        #expect(Drift.among(drifted).map { abs($0 - 1.3) < 0.1 } == true)
        #expect(percent(6) { Drift.among($0.times(30, 100)) != nil } <= 5)
    }

    @Test("a cold pool's cost is small from the tasks and the length on at which it is that share of the run")
    func breakEven() throws {
        // 900 µs more, 10 tasks in 10 ms, two at a time.
        let costs: [Double?] = Array(repeating: 900_000, count: 8)
        let found = try #require(
            BreakEven(
                share: 0.1, costs: costs, runs: Array(repeating: 10_000_000, count: 8),
                speedups: Array(repeating: 2, count: 8), tasks: 10))
        #expect(abs(found.tasks.median - 8.1) < 1e-6)
        #expect(abs(found.length.median - 1_620_000) < 1e-3)
        let held = percent(40) { clock in
            let found = BreakEven(
                share: 0.01, costs: clock.times(30, 500_000), runs: clock.times(30, 1_000_000),
                speedups: Array(repeating: 1, count: 30), tasks: 10)
            return found?.tasks.interval?.contains(495) ?? false
        }
        #expect((92...98).contains(held), "\(held) %")
    }
}

@Suite("How many workers")
struct ScalingTests {
    private static let workers = [1, 2, 3, 4, 6, 8, 12, 16]

    private func rounds(_ count: Int, _ clock: inout Clock, share: Double, crosstalk: Double) -> [[Double]] {
        (0..<count).map { _ in
            Self.workers.map { count in
                let n = Double(count)
                return 1000 * n / (1 + share * (n - 1) + crosstalk * n * (n - 1)) / clock.time(1)
            }
        }
    }

    @Test("both laws are found again where they hold")
    func exact() throws {
        var still = Clock(random: SeededRandom(seed: 1), scatter: 0)
        let amdahl = try Scaling(
            .amdahl, workers: Self.workers, rounds: rounds(40, &still, share: 0.1, crosstalk: 0))
        #expect(abs(amdahl.serialShare.value - 0.1) < 0.005)
        #expect(amdahl.peak == nil)
        let usl = try Scaling(.usl, workers: Self.workers, rounds: rounds(40, &still, share: 0.05, crosstalk: 0.02))
        #expect(abs(usl.serialShare.value - 0.05) < 0.005 && abs(usl.crosstalk.value - 0.02) < 0.001)
        #expect(usl.peak.map { abs($0.value - (0.95 / 0.02).squareRoot()) < 0.3 } == true)
    }

    @Test("of 200 intervals of a fitted share about 95 % hold it")
    func intervals() throws {
        var clock = Clock(random: SeededRandom(seed: 3))
        var held = 0
        for _ in 0..<200 {
            let scaling = try Scaling(
                .amdahl, workers: Self.workers, rounds: rounds(20, &clock, share: 0.1, crosstalk: 0))
            if scaling.serialShare.low <= 0.1, 0.1 <= scaling.serialShare.high { held += 1 }
        }
        #expect((180...199).contains(held), "\(held) of 200")
    }

    @Test("too few points or rounds are refused")
    func few() {
        #expect(throws: Scaling.Refusal.points(3)) {
            try Scaling(.usl, workers: [1, 2, 4], rounds: Array(repeating: [1, 2, 3], count: 10))
        }
        #expect(throws: Scaling.Refusal.rounds(5)) {
            try Scaling(.amdahl, workers: [1, 2, 3, 4], rounds: Array(repeating: [1, 2, 3, 4], count: 5))
        }
    }

    @Test("the knee is the fewest workers that do as well as any")
    func knee() {
        let speeds: [Double] = [100, 199, 200, 200.5, 198]
        let rounds = (0..<10).map { round in speeds.map { $0 * (1 + Double(round % 3) * 0.01) } }
        #expect(Knee.among([1, 2, 4, 8, 16], rounds: rounds) == 1)
        #expect(Knee.among([1, 2], rounds: [[1, 2]]) == nil)
    }
}
