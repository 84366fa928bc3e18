/// Finished runs, one a line, oldest first.
public struct HistoryTable: Sendable {
    let runs: [HistoryRun]
    let look: Look

    public init(_ runs: [HistoryRun], look: Look) {
        self.runs = runs
        self.look = look
    }

    /// The table, each line ended.
    ///
    /// - Parameter clock: spells nanoseconds since 1970.
    public func text(clock: (Int) -> String) -> String {
        guard !runs.isEmpty else { return "no runs\n" }
        var table = Table([
            .left("finished"), .left("job"), .left("workload"), .left("mode"), .right("workers"), .left("temperature"),
            .right("tasks"), .right("failed"), .right("queue"), .right("start-up"), .right("dispatch"), .right("run"),
            .right("elapsed"), .right("task"), .left("reason"),
        ])
        for run in runs {
            let phases = run.phases
            // What an entry claims need not be true: its product may not fit.
            let workers = run.processes.multipliedReportingOverflow(by: run.threads).partialValue
            table.rows.append([
                .init(clock(run.finished), .dim), .init(look.clean(run.job), .bold), .init(look.clean(run.workload)),
                .init(look.clean(run.mode)), "\(workers)",
                .init(look.clean(run.temperature), run.temperature == "warm" ? .yellow : .cyan),
                .init(Units.grouped(run.tasks)),
                .init(Units.grouped(run.tasksFailed), run.tasksFailed > 0 ? .red : .dim),
                .init(look.duration(phases.queue)), .init(look.duration(phases.startup)),
                .init(look.duration(phases.dispatch)), .init(look.duration(phases.run)),
                .init(look.duration(run.elapsed)), .init(look.duration(run.taskMean)),
                .init(look.clean(run.reason ?? ""), .dim),
            ])
        }
        return table.lines(look).joined(separator: "\n") + "\n"
    }
}
