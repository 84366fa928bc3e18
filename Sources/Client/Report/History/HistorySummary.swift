import Timing

/// Finished runs in figures: for each kind of them, what warm runs and what cold runs took.
public struct HistorySummary: Encodable, Sendable {
    /// In the order of their keys.
    public let groups: [Group]
    let keys: [Key]

    /// What runs are told apart by.
    public enum Key: String, CaseIterable, Sendable {
        case day, workload, mode, runtime
    }

    public struct Group: Encodable, Sendable, Equatable {
        /// The local date; nil where days are not told apart, and so on.
        public let day: String?
        public let workload: String?
        public let mode: String?
        public let runtime: String?
        /// Nil where there was no such run.
        public let warm: Side?
        public let cold: Side?

        func value(_ key: Key) -> String {
            let value: String? =
                switch key {
                case .day: day
                case .workload: workload
                case .mode: mode
                case .runtime: runtime
                }
            return value ?? ""
        }
    }

    /// Runs of one temperature.
    public struct Side: Encodable, Sendable, Equatable {
        public let runs: Int
        public let tasks: Int
        public let tasksFailed: Int
        public let queue: Spread
        public let startup: Spread
        public let dispatch: Spread
        public let elapsed: Spread
        /// Of all tasks of all runs where each run tells how its own are spread, and of the runs' average tasks else.
        public let task: Spread
        public let isOfEachTask: Bool
        /// All tasks, as ``Control/Histograms`` have it; nil where ``task`` is of averages.
        public let taskHistogram: String?

        enum CodingKeys: String, CodingKey {
            case runs, tasks, queue, startup, dispatch, elapsed, task
            case tasksFailed = "tasks_failed"
            case isOfEachTask = "of_each_task"
            case taskHistogram = "task_histogram"
        }
    }

    /// Nanoseconds that half of the runs, and 90 and 99 in 100 of them, did not exceed, and the most.
    public struct Spread: Encodable, Sendable, Equatable {
        public let median: Int
        public let p90: Int
        public let p99: Int
        public let max: Int

        /// - Parameter times: one at least.
        init(_ times: [Int]) {
            let sorted = times.sorted()
            func value(_ percent: Int) -> Int { sorted[Swift.max(0, (sorted.count * percent + 99) / 100 - 1)] }
            median = value(50)
            p90 = value(90)
            p99 = value(99)
            max = sorted.last ?? 0
        }

        init(_ distribution: Distribution) {
            let percentiles = distribution.percentiles([50, 90, 99, 100]).map { Int(clamping: $0) }
            median = percentiles[0]
            p90 = percentiles[1]
            p99 = percentiles[2]
            max = percentiles[3]
        }
    }

    enum CodingKeys: String, CodingKey { case groups }

    /// - Parameters:
    ///   - keys: what runs are told apart by, at least one.
    ///   - day: the local date of nanoseconds since 1970, such that later ones come later in alphabetical order.
    public init(_ runs: [HistoryRun], by keys: [Key] = [.workload, .mode], day: (Int) -> String = { "\($0)" }) {
        self.keys = keys
        let grouped = Dictionary(grouping: runs) { run in
            keys.map { key in
                switch key {
                case .day: day(run.finished)
                case .workload: run.workload
                case .mode: run.mode
                case .runtime: run.runtime
                }
            }
        }
        groups = grouped.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { values, runs in
            func value(_ key: Key) -> String? { keys.firstIndex(of: key).map { values[$0] } }
            return Group(
                day: value(.day), workload: value(.workload), mode: value(.mode), runtime: value(.runtime),
                warm: Self.side(runs.filter { $0.temperature == "warm" }),
                cold: Self.side(runs.filter { $0.temperature == "cold" }))
        }
    }

    private static func side(_ runs: [HistoryRun]) -> Side? {
        guard !runs.isEmpty else { return nil }
        func sum(_ number: (HistoryRun) -> Int) -> Int {
            // What entries claim need not be true: their sum may not fit.
            runs.reduce(0) { $0.addingReportingOverflow(number($1)).partialValue }
        }
        var all: Distribution? = Distribution()
        for run in runs where run.tasks > 0 && run.taskSum > 0 {
            if let times = run.taskTimes { all?.add(times) } else { all = nil }
        }
        if all?.isEmpty == true { all = nil }
        return Side(
            runs: runs.count, tasks: sum(\.tasks), tasksFailed: sum(\.tasksFailed),
            queue: Spread(runs.map(\.phases.queue)), startup: Spread(runs.map(\.phases.startup)),
            dispatch: Spread(runs.map(\.phases.dispatch)), elapsed: Spread(runs.map(\.elapsed)),
            task: all.map { Spread($0) } ?? Spread(runs.map(\.taskMean)), isOfEachTask: all != nil,
            taskHistogram: all?.text)
    }

    /// The times that are shown, by name.
    static let times: [(name: String, of: @Sendable (Side) -> Spread)] = [
        ("start-up", { $0.startup }), ("dispatch", { $0.dispatch }), ("task", { $0.task }),
    ]

    /// A table with warm beside cold, each line ended.
    public func text(style: TextStyle) -> String {
        guard !groups.isEmpty else { return "no runs\n" }
        var table = Table(
            keys.map { .left($0.rawValue) } + [
                .left(""), .right("warm runs"), .right("median"), .right("p99"),
                .right("cold runs"), .right("median"), .right("p99"),
            ])
        for group in groups {
            for (index, time) in Self.times.enumerated() {
                let names = keys.enumerated().map { place, key in
                    Table.Cell(index == 0 ? style.clean(group.value(key)) : "", place == 0 ? .bold : .plain)
                }
                table.rows.append(
                    names + [.init(time.name)] + Self.cells(group.warm, time.of, isFirst: index == 0, .yellow, style)
                        + Self.cells(group.cold, time.of, isFirst: index == 0, .cyan, style))
            }
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }

    private static func cells(
        _ side: Side?, _ time: (Side) -> Spread, isFirst: Bool, _ ink: TextStyle.Ink, _ style: TextStyle
    ) -> [Table.Cell] {
        guard let side else { return [.init(isFirst ? "0" : "", .dim), "-", "-"] }
        return [
            .init(isFirst ? Units.grouped(side.runs) : ""), .init(style.duration(time(side).median), ink),
            .init(style.duration(time(side).p99), ink),
        ]
    }
}
