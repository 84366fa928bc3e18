/// A time axis from 0 on, with marks at round times.
public struct TimeAxis: Sendable, Equatable {
    /// Nanoseconds from one end to the other; 1 at least.
    public let span: Int
    /// Nanoseconds between two marks.
    public let step: Int

    /// Steps that read well, in nanoseconds: 1, 2 and 5 of each decimal unit up to 10 s, and parts of minutes, hours and
    /// days from there on.
    private static let steps: [Int] = {
        let decimal = (0...9).flatMap { power in
            let unit = (0..<power).reduce(1) { unit, _ in unit * 10 }
            return [unit, 2 * unit, 5 * unit]
        }
        let seconds = [
            10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000,
            864_000, 8_640_000, 86_400_000,
        ]
        return decimal + seconds.map { $0 * 1_000_000_000 }
    }()

    /// An axis of `span` nanoseconds with no more than `marks` steps; 1 at least.
    public init(span: Int, marks: Int) {
        self.span = max(span, 1)
        let least = (self.span - 1) / max(marks, 1) + 1
        step = Self.steps.first { $0 >= least } ?? least
    }

    /// The times of the marks, from 0 on.
    public var marks: [Int] { Array(stride(from: 0, through: span, by: step)) }

    /// The time of a mark, in one unit for all marks so that neighbours read alike: `0`, `0.5 ms`, `1.0 ms`. From a minute
    /// on, times are spelled as everywhere.
    public func label(_ time: Int, unicode: Bool = true) -> String {
        guard time > 0 else { return "0" }
        let last = span / step * step
        guard last < 60_000_000_000 else { return Units.duration(time, unicode: unicode) }
        let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, unicode ? "µs" : "us"), (1, "ns")]
        let (size, name) = units.first { last >= $0.0 } ?? (1, "ns")
        // As many decimals as the step needs; it has one digit that is not zero.
        var decimals = 0
        var part = size
        while step % part != 0, part >= 10 {
            part /= 10
            decimals += 1
        }
        return "\(Units.fixed(Double(time) / Double(size), decimals: decimals)) \(name)"
    }

    /// Where `time` stands between the ends, 0…1.
    func share(_ time: Int) -> Double {
        min(max(Double(time) / Double(span), 0), 1)
    }
}
