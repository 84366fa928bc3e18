/// Finished runs in figures: for each workload and mode, what warm runs and what cold runs took.
public struct HistorySummary: Encodable, Sendable, Equatable {
    /// In alphabetical order of workload and mode.
    public let groups: [Group]

    public struct Group: Encodable, Sendable, Equatable {
        public let workload: String
        public let mode: String
        /// Nil where there was no such run.
        public let warm: Side?
        public let cold: Side?
    }

    /// Runs of one temperature.
    public struct Side: Encodable, Sendable, Equatable {
        public let runs: Int
        public let startup: Spread
        public let dispatch: Spread
        /// The wall time of a run's average task.
        public let task: Spread
    }

    /// Nanoseconds that half of the runs, and 99 in 100 of them, did not exceed.
    public struct Spread: Encodable, Sendable, Equatable {
        public let median: Int
        public let p99: Int

        /// - Parameter times: one at least.
        init(_ times: [Int]) {
            let sorted = times.sorted()
            func value(_ percent: Int) -> Int { sorted[max(0, (sorted.count * percent + 99) / 100 - 1)] }
            median = value(50)
            p99 = value(99)
        }
    }

    private struct Key: Hashable, Comparable {
        let workload: String
        let mode: String

        static func < (one: Key, other: Key) -> Bool {
            (one.workload, one.mode) < (other.workload, other.mode)
        }
    }

    public init(_ runs: [HistoryRun]) {
        let byKey = Dictionary(grouping: runs) { Key(workload: $0.workload, mode: $0.mode) }
        groups = byKey.sorted { $0.key < $1.key }.map { key, runs in
            Group(
                workload: key.workload, mode: key.mode, warm: Self.side(runs.filter { $0.temperature == "warm" }),
                cold: Self.side(runs.filter { $0.temperature == "cold" }))
        }
    }

    private static func side(_ runs: [HistoryRun]) -> Side? {
        guard !runs.isEmpty else { return nil }
        return Side(
            runs: runs.count, startup: Spread(runs.map(\.phases.startup)),
            dispatch: Spread(runs.map(\.phases.dispatch)), task: Spread(runs.map(\.taskMean)))
    }

    /// A table with warm beside cold, each line ended.
    public func text(style: TextStyle) -> String {
        guard !groups.isEmpty else { return "no runs\n" }
        var table = Table([
            .left("workload"), .left("mode"), .left(""), .right("warm runs"), .right("median"), .right("p99"),
            .right("cold runs"), .right("median"), .right("p99"),
        ])
        for group in groups {
            let times: [(name: String, of: (Side) -> Spread)] = [
                ("start-up", \.startup), ("dispatch", \.dispatch), ("task", \.task),
            ]
            for (index, time) in times.enumerated() {
                let names = index == 0 ? [style.clean(group.workload), style.clean(group.mode)] : ["", ""]
                let cells: [Table.Cell] = [.init(names[0], .bold), .init(names[1]), .init(time.name)]
                table.rows.append(
                    cells + Self.cells(group.warm, time.of, isFirst: index == 0, .yellow, style)
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

/// Finished runs, one a line, oldest first.
public struct HistoryTable: Sendable {
    let runs: [HistoryRun]
    let style: TextStyle

    public init(_ runs: [HistoryRun], style: TextStyle) {
        self.runs = runs
        self.style = style
    }

    /// The table, each line ended.
    ///
    /// - Parameter clock: spells nanoseconds since 1970.
    public func text(clock: (Int) -> String) -> String {
        guard !runs.isEmpty else { return "no runs\n" }
        var table = Table([
            .left("finished", leaves: 10), .left("job", leaves: 9), .left("workload"), .left("mode", leaves: 7),
            .right("workers", leaves: 6), .left("temperature"), .right("tasks"), .right("failed", leaves: 8),
            .right("queue", leaves: 1), .right("start-up"), .right("dispatch", leaves: 4), .right("run", leaves: 3),
            .right("elapsed"), .right("task", leaves: 5), .left("reason", leaves: 2),
        ])
        for run in runs {
            let phases = run.phases
            // What an entry claims need not be true: its product may not fit.
            let workers = run.processes.multipliedReportingOverflow(by: run.threads).partialValue
            table.rows.append([
                .init(clock(run.finished), .dim), .init(style.clean(run.job), .bold), .init(style.clean(run.workload)),
                .init(style.clean(run.mode)), "\(workers)",
                .init(style.clean(run.temperature), run.temperature == "warm" ? .yellow : .cyan),
                .init(Units.grouped(run.tasks)),
                .init(Units.grouped(run.tasksFailed), run.tasksFailed > 0 ? .red : .dim),
                .init(style.duration(phases.queue)), .init(style.duration(phases.startup)),
                .init(style.duration(phases.dispatch)), .init(style.duration(phases.run)),
                .init(style.duration(run.elapsed)), .init(style.duration(run.taskMean)),
                .init(style.clean(run.reason ?? ""), .dim),
            ])
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }
}
