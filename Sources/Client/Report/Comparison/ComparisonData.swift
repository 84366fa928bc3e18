import Control
import Timing

/// A comparison for programs: schema ``schemaName``, as JSON by its Codable form or as CSV. Times are nanoseconds.
public struct ComparisonData: Encodable, Sendable {
    public static let schemaName = "pard.compare/1"

    let schema = Self.schemaName
    let workload: String
    let arguments: [String: String]
    let tasks: Int
    let rounds: Int
    let arms: [ArmData]
    let verdict: String

    struct ArmData: Encodable, Sendable {
        let arm: String
        let mode: Mode
        let workers: Int
        let coldStartup: Value?
        let coldElapsed: Value?
        let startupPaid: Value?
        let taskP50: Value?
        let elapsed: Value?
        let speedup: Value?
        let notWarm: Int
        let troubled: Int
        /// Of every round, whether sound or not.
        let runs: [Run]

        enum CodingKeys: String, CodingKey {
            case arm, mode, workers, elapsed, speedup, troubled, runs
            case coldStartup = "cold_startup"
            case coldElapsed = "cold_elapsed"
            case startupPaid = "startup_paid"
            case taskP50 = "task_p50"
            case notWarm = "not_warm"
        }
    }

    struct Value: Encodable, Sendable {
        let median: Double
        let low: Double?
        let high: Double?
        /// How sure the interval from `low` to `high` is, 0…1.
        let confidence: Double?
        let count: Int

        init?(_ estimate: Estimate?) {
            guard let estimate else { return nil }
            median = estimate.median
            low = estimate.interval?.low
            high = estimate.interval?.high
            confidence = estimate.interval?.confidence
            count = estimate.count
        }
    }

    struct Run: Encodable, Sendable {
        let round: Int
        let job: String
        let temperature: Receipt.Temperature
        let outcome: Receipt.Outcome
        let phases: Phases
        let elapsed: Int
        let taskP50: Int

        enum CodingKeys: String, CodingKey {
            case round, job, temperature, outcome, phases, elapsed
            case taskP50 = "task_p50"
        }
    }

    public init(_ comparison: Comparison) {
        workload = comparison.workload
        arguments = comparison.arguments
        tasks = comparison.tasks
        rounds = comparison.rounds.count
        verdict = Verdict(comparison).sentence
        arms = comparison.figures.enumerated().map { index, figures in
            let runs = comparison.rounds.enumerated().flatMap { number, round in
                [round.warm[index]].map { (number, $0) } + (round.cold.isEmpty ? [] : [(number, round.cold[index])])
            }
            return ArmData(
                arm: figures.arm.name, mode: figures.arm.mode, workers: figures.arm.workers,
                coldStartup: Value(figures.coldStartup), coldElapsed: Value(figures.coldElapsed),
                startupPaid: Value(figures.paid), taskP50: Value(figures.task), elapsed: Value(figures.elapsed),
                speedup: Value(figures.speedup), notWarm: figures.notWarm, troubled: figures.troubled,
                runs: runs.map { number, receipt in
                    Run(
                        round: number + 1, job: receipt.job, temperature: receipt.temperature,
                        outcome: receipt.outcome, phases: receipt.phases, elapsed: receipt.elapsed,
                        taskP50: receipt.task.p50)
                })
        }
    }

    /// One line an arm below a line of headings; medians and, with `_low` and `_high`, their intervals. What there is no
    /// value for is empty.
    public var csv: String {
        let values: [(String, (ArmData) -> Value?)] = [
            ("cold_startup_ns", \.coldStartup), ("cold_elapsed_ns", \.coldElapsed), ("startup_paid_ns", \.startupPaid),
            ("task_p50_ns", \.taskP50), ("elapsed_ns", \.elapsed), ("speedup", \.speedup),
        ]
        var lines = [
            (["arm", "mode", "workers", "tasks", "rounds", "not_warm", "troubled"]
                + values.flatMap { [$0.0, "\($0.0)_low", "\($0.0)_high"] }).joined(separator: ",")
        ]
        for arm in arms {
            let counts = [arm.workers, tasks, rounds, arm.notWarm, arm.troubled].map(String.init)
            let numbers = values.flatMap { name, value -> [String] in
                let value = value(arm)
                return [value?.median, value?.low, value?.high].map { number in
                    number.map { name == "speedup" ? Units.fixed($0, decimals: 4) : Units.fixed($0, decimals: 0) } ?? ""
                }
            }
            lines.append(([arm.arm, arm.mode.rawValue] + counts + numbers).joined(separator: ","))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
