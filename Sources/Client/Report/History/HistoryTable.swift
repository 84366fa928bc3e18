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
