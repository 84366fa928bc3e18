import Control

/// The jobs that have not ended, one a line.
public struct JobTable: Sendable {
    let jobs: [Job]
    let style: TextStyle

    public init(_ jobs: [Job], style: TextStyle) {
        self.jobs = jobs
        self.style = style
    }

    /// The table, each line ended.
    public var text: String {
        guard !jobs.isEmpty else { return "no jobs\n" }
        var table = Table([
            .left("job"), .left("workload"), .left("mode"), .right("workers"), .left("state"), .right("done"),
            .right("tasks"), .right(""), .right("age"), .right("uid"),
        ])
        for job in jobs {
            table.rows.append([
                .init(style.clean(job.job), .bold), .init(style.clean(job.workload)), .init(job.mode.rawValue),
                "\(job.workers)", .init(style.clean(job.state), job.state == "running" ? .green : .yellow),
                .init(Units.grouped(job.done)), .init(Units.grouped(job.tasks)),
                .init(Units.percent(job.done, of: job.tasks), .dim), .init(style.duration(job.age)), "\(job.uid)",
            ])
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }
}
