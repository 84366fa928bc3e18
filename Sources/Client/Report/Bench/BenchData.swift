import Control
import Experiments
import Timing

/// A bench for programs: schema ``schemaName``. Times are nanoseconds, but for those of `results`, which has the members that
/// hyperfine's own export has, in seconds.
public struct BenchData: Encodable, Sendable {
    public static let schemaName = "pard.bench/1"

    let schema = Self.schemaName
    let command: String
    let rounds: Int
    let host: Host?
    let cells: [CellData]
    let scaling: [ScalingData]
    let answers: [String]
    let doubts: [String]
    let results: [Result]

    struct Value: Encodable, Sendable {
        let median: Double
        let low: Double?
        let high: Double?
        let p99: Double?
        let min: Double?
        let max: Double?
        let mean: Double?
        let stddev: Double?
        let count: Int

        init?(_ estimate: Estimate?, _ spread: Spread? = nil) {
            guard let estimate else { return nil }
            (median, count) = (estimate.median, estimate.count)
            (low, high) = (estimate.interval?.low, estimate.interval?.high)
            (p99, min, max) = (spread?.p99, spread?.least, spread?.greatest)
            (mean, stddev) = (spread?.mean, spread?.deviation)
        }
    }

    struct CellData: Encodable, Sendable {
        let variant: String
        let values: [String: String]
        let workers: Int
        let mode: Mode
        let kind: Bench.Kind
        let tasks: Int
        let measures: [String: Value]
        /// Over the same on warm workers, of `overhead` and `elapsed`.
        let overWarm: [String: Value]?
        /// Over the reference, of `elapsed`.
        let overReference: Value?
        let breakEven: [BreakEvenData]?
        let histograms: Histograms
        let outliers: [OutlierData]
        /// Of each round; null where a run is left out.
        let elapsed: [Double?]

        enum CodingKeys: String, CodingKey {
            case variant, values, workers, mode, kind, tasks, measures, histograms, outliers, elapsed
            case overWarm = "over_warm"
            case overReference = "over_reference"
            case breakEven = "break_even"
        }
    }

    struct BreakEvenData: Encodable, Sendable {
        let share: Double
        let tasks: Value?
        let length: Value?
    }

    struct OutlierData: Encodable, Sendable {
        let round: Int
        let elapsed: Double
        let ratio: Double
    }

    struct ScalingData: Encodable, Sendable {
        let variant: String
        let mode: Mode
        let law: String
        let knee: Int?
        let serialShare: Fitted
        let crosstalk: Fitted
        let peak: Fitted?

        struct Fitted: Encodable, Sendable {
            let value: Double
            let low: Double
            let high: Double

            init(_ value: Scaling.Value) {
                (self.value, low, high) = (value.value, value.low, value.high)
            }
        }

        enum CodingKeys: String, CodingKey {
            case variant, mode, law, knee, crosstalk, peak
            case serialShare = "serial_share"
        }
    }

    /// As hyperfine has it.
    struct Result: Encodable, Sendable {
        let command: String
        let mean: Double
        let stddev: Double?
        let median: Double
        let user: Double
        let system: Double
        let min: Double
        let max: Double
        let times: [Double]
        let parameters: [String: String]
    }

    public init(_ bench: Bench) {
        command = bench.command
        rounds = bench.experiment.rounds.count
        host = bench.host
        let words = BenchWords(bench: bench, style: TextStyle(color: false, unicode: false, width: 80))
        (answers, doubts) = (words.answers, words.doubts)
        cells = bench.cells.map { Self.data($0, bench) }
        results = bench.cells.compactMap { Self.result($0, bench) }
        scaling =
            bench.isSweep
            ? bench.variants.indices.flatMap { variant in
                [Mode.threads, .processes].flatMap { Self.scaling(bench, variant, $0) }
            } : []
    }

    private static func data(_ cell: Bench.Cell, _ bench: Bench) -> CellData {
        let variant = bench.variants[cell.variant]
        func over(_ other: Bench.Cell?, _ measure: Measure) -> Value? {
            other.flatMap { Value(bench.ratio(cell, to: $0, measure)) }
        }
        let warm = bench.warm(of: cell)
        let reference = Bench.Cell(variant: bench.reference, arm: cell.arm, kind: cell.kind)
        return CellData(
            variant: variant.name, values: values(of: variant), workers: cell.arm.workers, mode: cell.arm.mode,
            kind: cell.kind, tasks: variant.tasks,
            measures: Dictionary(
                uniqueKeysWithValues: Measure.allCases.compactMap { measure in
                    Value(bench.estimate(cell, measure), bench.spread(cell, measure)).map { (measure.rawValue, $0) }
                }),
            overWarm: warm == nil
                ? nil
                : Dictionary(
                    uniqueKeysWithValues: [Measure.overhead, .elapsed].compactMap { measure in
                        over(warm, measure).map { (measure.rawValue, $0) }
                    }),
            overReference: cell.variant == bench.reference ? nil : over(reference, .elapsed),
            breakEven: warm == nil
                ? nil
                : BreakEven.shares.compactMap { bench.breakEven(cell, share: $0) }.map {
                    BreakEvenData(share: $0.share, tasks: Value($0.tasks), length: Value($0.length))
                },
            histograms: Histograms(
                task: bench.experiment.distribution(of: cell, \.task).text,
                dispatch: bench.experiment.distribution(of: cell, \.dispatch).text),
            outliers: bench.outliers(cell).map { OutlierData(round: $0.round + 1, elapsed: $0.value, ratio: $0.ratio) },
            elapsed: bench.experiment.values(of: cell, Measure.elapsed.callAsFunction))
    }

    private static func values(of variant: Bench.Variant) -> [String: String] {
        Dictionary(variant.values.map { ($0.option, $0.value) }) { $1 }
    }

    private static func result(_ cell: Bench.Cell, _ bench: Bench) -> Result? {
        let values = bench.experiment.values(of: cell, Measure.elapsed.callAsFunction).compactMap(\.self)
        guard let spread = Spread(values), let estimate = Estimate(values) else { return nil }
        func seconds(_ measure: (Receipt) -> Double?) -> Double {
            (bench.experiment.estimate(of: cell, measure)?.median ?? 0) / 1e9
        }
        func figure(_ name: String) -> (Receipt) -> Double? {
            { receipt in receipt.figures.first { $0.name == name }.map { Double($0.sum) } }
        }
        return Result(
            command: "\(bench.variants[cell.variant].name) (\(cell.arm.name), \(cell.kind.rawValue))",
            mean: spread.mean / 1e9, stddev: spread.deviation.map { $0 / 1e9 }, median: estimate.median / 1e9,
            user: seconds(figure("user")), system: seconds(figure("system")), min: spread.least / 1e9,
            max: spread.greatest / 1e9, times: values.map { $0 / 1e9 },
            parameters: Self.values(of: bench.variants[cell.variant]))
    }

    private static func scaling(_ bench: Bench, _ variant: Int, _ mode: Mode) -> [ScalingData] {
        guard bench.arms.contains(where: { $0.mode == mode }),
            let (workers, rounds) = bench.speeds(mode, variant: variant)
        else { return [] }
        let knee = Knee.among(workers, rounds: rounds).map { workers[$0] }
        return [Scaling.Law.amdahl, .usl].compactMap { law in
            guard let fit = try? Scaling(law, workers: workers, rounds: rounds) else { return nil }
            return ScalingData(
                variant: bench.variants[variant].name, mode: mode, law: law.rawValue, knee: knee,
                serialShare: .init(fit.serialShare), crosstalk: .init(fit.crosstalk), peak: fit.peak.map { .init($0) })
        }
    }

    /// A line for each cell below a line of headings, times in nanoseconds.
    public var csv: String {
        let measures = Measure.allCases.map(\.rawValue)
        var lines = [
            (["variant", "mode", "workers", "kind", "tasks", "rounds"]
                + measures.flatMap { name in ["median", "low", "high", "p99", "min", "max"].map { "\(name)_\($0)_ns" } })
                .joined(separator: ",")
        ]
        for cell in cells {
            let numbers = measures.flatMap { name -> [String] in
                let value = cell.measures[name]
                return [value?.median, value?.low, value?.high, value?.p99, value?.min, value?.max].map { number in
                    number.map { Units.fixed($0, decimals: 0) } ?? ""
                }
            }
            let variant = cell.variant.split(separator: "\"", omittingEmptySubsequences: false).joined(
                separator: "\"\"")
            lines.append(
                ([
                    "\"\(variant)\"", cell.mode.rawValue, "\(cell.workers)", cell.kind.rawValue, "\(cell.tasks)",
                    "\(rounds)",
                ]
                    + numbers).joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
