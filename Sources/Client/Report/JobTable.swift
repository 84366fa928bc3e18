import Control

/// The jobs that have not ended, one a line.
public struct JobTable: Sendable {
    let jobs: [Job]
    let look: Look

    public init(_ jobs: [Job], look: Look) {
        self.jobs = jobs
        self.look = look
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
                .init(look.clean(job.job), .bold), .init(look.clean(job.workload)), .init(job.mode.rawValue),
                "\(job.workers)", .init(look.clean(job.state), job.state == "running" ? .green : .yellow),
                .init(Units.grouped(job.done)), .init(Units.grouped(job.tasks)),
                .init(Units.percent(job.done, of: job.tasks), .dim), .init(look.duration(job.age)), "\(job.uid)",
            ])
        }
        return table.lines(look).joined(separator: "\n") + "\n"
    }
}
