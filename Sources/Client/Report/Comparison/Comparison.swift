import Control
import Experiments
import Timing

/// One way to run the tasks of a comparison.
public struct Arm: Sendable, Hashable {
    public let mode: Mode
    public let workers: Int

    /// - Parameter mode: not mixed.
    public init(_ mode: Mode, workers: Int) {
        self.mode = mode
        self.workers = mode == .serial ? 1 : workers
    }

    /// `serial`, `4 threads`, `1 process`.
    public var name: String {
        switch mode {
        case .serial: "serial"
        case .threads, .mixed: Units.counted(workers, "thread")
        case .processes: Units.counted(workers, "process")
        }
    }

    /// Serial, then for each of `counts` in ascending order threads and processes.
    public static func matrix(_ counts: [Int]) -> [Arm] {
        let counts = Set(counts).sorted()
        return [Arm(.serial, workers: 1)] + counts.map { Arm(.threads, workers: $0) }
            + counts.map { Arm(.processes, workers: $0) }
    }
}

/// The same tasks on different workers, several times over: the receipts, and what they say of each arm.
///
/// An arm's figures are of its sound runs: those that were warm and whose tasks all ended ok. Arms are compared round by
/// round, so that what slows a whole round down slows both sides.
public struct Comparison: Sendable {
    public let workload: String
    public let arguments: [String: String]
    /// Tasks of every run.
    public let tasks: Int
    /// The first one is what the others are compared with.
    public let arms: [Arm]
    public let rounds: [Round]
    /// How many rounds there were to be.
    public let planned: Int

    /// One run of every arm, or two.
    public struct Round: Sendable {
        /// On warm workers; as many as there are arms, in their order.
        public let warm: [Receipt]
        /// On fresh workers; as many, or none.
        public let cold: [Receipt]

        public init(warm: [Receipt], cold: [Receipt]) {
            self.warm = warm
            self.cold = cold
        }
    }

    /// What the rounds say of one arm; times in nanoseconds.
    public struct Figures: Sendable {
        public let arm: Arm
        /// The start-up phase of cold runs.
        public let coldStartup: Estimate?
        public let coldElapsed: Estimate?
        /// What the warm workers' start-up had cost when they were started, before any of these runs.
        public let paid: Estimate?
        /// The median task of a warm run.
        public let task: Estimate?
        public let elapsed: Estimate?
        /// The first arm's elapsed time over this one's, of each round; nil for the first arm itself.
        public let speedup: Estimate?
        /// Runs that were to be warm and were not.
        public let notWarm: Int
        /// Runs, warm and cold, with a task that did not end ok.
        public let troubled: Int
    }

    /// - Parameter rounds: only such as were gone through to their end.
    public init(
        workload: String, arguments: [String: String], tasks: Int, arms: [Arm], rounds: [Round], planned: Int
    ) {
        self.workload = workload
        self.arguments = arguments
        self.tasks = tasks
        self.arms = arms
        self.rounds = rounds
        self.planned = planned
    }

    /// What is varied: the workers, and whether they are warm.
    struct Cell: Hashable, Sendable {
        let arm: Int
        let isCold: Bool
    }

    private var experiment: Experiment<Cell> {
        Experiment(
            arms.indices.map { Cell(arm: $0, isCold: false) } + arms.indices.map { Cell(arm: $0, isCold: true) },
            rounds: rounds.map { round in
                var receipts: [Cell: Receipt] = [:]
                for (arm, receipt) in round.warm.enumerated() { receipts[Cell(arm: arm, isCold: false)] = receipt }
                for (arm, receipt) in round.cold.enumerated() { receipts[Cell(arm: arm, isCold: true)] = receipt }
                return receipts
            }
        ) { cell, receipt in receipt.outcome == .ok && (cell.isCold || receipt.temperature == .warm) }
    }

    public var figures: [Figures] { arms.indices.map(figures) }

    private func figures(_ index: Int) -> Figures {
        let experiment = experiment
        let (warm, cold) = (Cell(arm: index, isCold: false), Cell(arm: index, isCold: true))
        let all = rounds.flatMap { [$0.warm[index]] + ($0.cold.isEmpty ? [] : [$0.cold[index]]) }
        return Figures(
            arm: arms[index], coldStartup: experiment.estimate(of: cold, Measure.startup.callAsFunction),
            coldElapsed: experiment.estimate(of: cold, Measure.elapsed.callAsFunction),
            paid: experiment.estimate(of: warm) { Double($0.poolStartupPaid) },
            task: experiment.estimate(of: warm) { Double($0.task.p50) },
            elapsed: experiment.estimate(of: warm, Measure.elapsed.callAsFunction),
            speedup: index == 0 ? nil : ratio(of: 0, to: index),
            notWarm: rounds.count { $0.warm[index].temperature != .warm }, troubled: all.count { $0.outcome != .ok })
    }

    /// The elapsed time of one arm over that of another, of the rounds in which both were sound.
    func ratio(of one: Int, to other: Int) -> Estimate? {
        experiment.ratio(
            of: Cell(arm: one, isCold: false), to: Cell(arm: other, isCold: false), Measure.elapsed.callAsFunction)
    }

    /// What was run, as it would be typed.
    public var command: String { rounds.first?.warm.first?.command ?? workload }
}
