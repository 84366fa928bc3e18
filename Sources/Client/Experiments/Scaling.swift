import Timing

/// How speed grows with workers: Amdahl's law and the Universal Scalability Law, fitted to what was measured.
///
/// With n workers the speed is n ÷ (1 + σ (n − 1) + κ n (n − 1)) times that of one: σ is the share that only one can do at a
/// time, κ what each pair of workers costs. Amdahl's law has no κ. (N. Gunther, Guerrilla Capacity Planning, 2007.)
public struct Scaling: Sendable, Equatable {
    public let law: Law
    /// Of one worker, in tasks a second.
    public let speed: Value
    public let serialShare: Value
    /// 0 by Amdahl's law.
    public let crosstalk: Value
    /// The number of workers at which speed is greatest; nil where it grows without end.
    public let peak: Value?

    public enum Law: String, Sendable { case amdahl, usl }

    /// A fitted number and the interval that holds the true one in 95 of 100 experiments.
    public struct Value: Sendable, Equatable {
        public let value: Double
        public let low: Double
        public let high: Double
    }

    /// Why there is no fit.
    public enum Refusal: Error, Sendable, Equatable {
        case points(Int)
        case rounds(Int)
    }

    public static let fewestPoints = 4
    private static let resamplings = 400

    /// The speed with `workers`, in tasks a second.
    public func speed(with workers: Double) -> Double {
        Parameters(speed: speed.value, serialShare: serialShare.value, crosstalk: crosstalk.value).speed(workers)
    }

    /// - Parameters:
    ///   - workers: the numbers that were measured, without doubles.
    ///   - rounds: by round, the speed with each of them, in tasks a second.
    public init(_ law: Law, workers: [Int], rounds: [[Double]]) throws(Refusal) {
        guard workers.count >= Self.fewestPoints else { throw .points(workers.count) }
        guard rounds.count >= Estimate.fewest else { throw .rounds(rounds.count) }
        let counts = workers.map(Double.init)
        let best = Self.fit(law, counts, Self.medians(rounds))
        var random = SeededRandom(seed: 1)
        // What scatters is a whole round, so rounds are drawn, and all that was measured in one stays together.
        let drawn = (0..<Self.resamplings).map { _ in
            Self.fit(
                law, counts, Self.medians(rounds.map { _ in rounds[Int.random(in: 0..<rounds.count, using: &random)] }))
        }
        func value(_ part: (Parameters) -> Double) -> Value {
            let sorted = drawn.map(part).sorted()
            return Value(
                value: part(best), low: sorted[Self.resamplings / 40], high: sorted[Self.resamplings * 39 / 40 - 1])
        }
        self.law = law
        speed = value(\.speed)
        serialShare = value(\.serialShare)
        crosstalk = value(\.crosstalk)
        peak = best.peak == .infinity ? nil : value(\.peak)
    }

    private static func medians(_ rounds: [[Double]]) -> [Double] {
        guard let first = rounds.first else { return [] }
        return first.indices.map { index in
            let sorted = rounds.map { $0[index] }.sorted()
            let middle = sorted.count / 2
            return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        }
    }

    private struct Parameters {
        var speed: Double
        var serialShare: Double
        var crosstalk: Double

        func speed(_ workers: Double) -> Double {
            speed * workers / (1 + serialShare * (workers - 1) + crosstalk * workers * (workers - 1))
        }

        var peak: Double {
            crosstalk > 0 ? max((max(1 - serialShare, 0) / crosstalk).squareRoot(), 1) : .infinity
        }
    }

    /// Least squares of relative errors. n ÷ speed is a + b (n − 1) + c n (n − 1), with σ = b ÷ a and κ = c ÷ a, none below 0.
    private static func fit(_ law: Law, _ workers: [Double], _ speeds: [Double]) -> Parameters {
        let columns = law == .amdahl ? 2 : 3
        var best: (error: Double, solution: [Double])?
        // Each set of columns that may stand alone, as those below 0 are to be 0.
        for used in (0..<(1 << (columns - 1))).map({ choice in
            [0] + (1..<columns).filter { choice & (1 << ($0 - 1)) != 0 }
        }) {
            guard let solution = solve(used, workers, speeds), solution.allSatisfy({ $0 >= 0 }), solution[0] > 0 else {
                continue
            }
            let error = zip(workers, speeds).reduce(0.0) { sum, point in
                let row = row(point.0)
                let model = (0..<3).reduce(0) { $0 + row[$1] * solution[$1] }
                let relative = model * point.1 / point.0 - 1
                return sum + relative * relative
            }
            if best.map({ error < $0.error }) ?? true { best = (error, solution) }
        }
        guard let solution = best?.solution else {
            return Parameters(speed: speeds.first ?? 0, serialShare: 0, crosstalk: 0)
        }
        return Parameters(
            speed: 1 / solution[0], serialShare: solution[1] / solution[0], crosstalk: solution[2] / solution[0])
    }

    private static func row(_ workers: Double) -> [Double] { [1, workers - 1, workers * (workers - 1)] }

    /// The columns `used` of the normal equations, solved by elimination; 0 for the others. Nil where they have no solution.
    private static func solve(_ used: [Int], _ workers: [Double], _ speeds: [Double]) -> [Double]? {
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: used.count + 1), count: used.count)
        for (count, speed) in zip(workers, speeds) {
            guard speed > 0 else { return nil }
            let weight = speed / count
            let row = row(count).map { $0 * weight }
            for (i, one) in used.enumerated() {
                for (j, other) in used.enumerated() { matrix[i][j] += row[one] * row[other] }
                matrix[i][used.count] += row[one]
            }
        }
        for pivot in matrix.indices {
            guard let best = matrix.indices[pivot...].max(by: { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) }),
                abs(matrix[best][pivot]) > 1e-12
            else { return nil }
            matrix.swapAt(pivot, best)
            for other in matrix.indices where other != pivot {
                let factor = matrix[other][pivot] / matrix[pivot][pivot]
                for column in pivot...used.count { matrix[other][column] -= factor * matrix[pivot][column] }
            }
        }
        var solution = [0.0, 0, 0]
        for (place, column) in used.enumerated() { solution[column] = matrix[place][used.count] / matrix[place][place] }
        return solution
    }
}

/// The fewest workers that do about as well as the best number of them.
public enum Knee {
    /// - Parameters:
    ///   - workers: in ascending order.
    ///   - rounds: by round, the speed with each of them.
    /// - Returns: the place in `workers`; nil where there are too few rounds to tell.
    public static func among(_ workers: [Int], rounds: [[Double]]) -> Int? {
        guard let first = rounds.first, !first.isEmpty, rounds.count >= Estimate.fewest else { return nil }
        let medians = workers.indices.map { index in Estimate(rounds.map { $0[index] })?.median ?? 0 }
        guard let best = medians.indices.max(by: { medians[$0] < medians[$1] }) else { return nil }
        return workers.indices.first { index in
            guard index != best else { return true }
            let gap = Estimate(rounds.compactMap { $0[index] > 0 ? $0[best] / $0[index] : nil })
            return (gap?.interval?.low ?? .infinity) <= 1 + Certainty.nothing
        }
    }
}
