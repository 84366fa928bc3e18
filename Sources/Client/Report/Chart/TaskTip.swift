import Control

/// What a chart says of one bar.
enum TaskTip {
    /// A task's figures on a few lines, escaped for markup.
    static func text(_ record: Record) -> String {
        let style = Markup.style
        let first =
            "task \(Units.grouped(record.task)) on worker \(record.worker) (pid \(record.pid), tid \(record.tid))"
        let times =
            "start \(style.duration(record.start)), stop \(style.duration(record.stop)), "
            + "took \(style.duration(record.stop - record.start))"
        // A time of 0 is none that was read: a task is never that short.
        let cpu = record.cpu > 0 ? "CPU \(style.duration(record.cpu))" : "CPU time not sampled"
        let attempt = record.attempt > 1 ? ", attempt \(record.attempt)" : ""
        let end = "\(cpu), \(record.status)\(attempt)" + (record.reason.map { ": \($0)" } ?? "")
        let detail = (record.detail ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \(Units.grouped($0.value))" }
        let own = detail.isEmpty ? [] : [detail.joined(separator: ", ")]
        return ([first, times, end] + own).map(Markup.escaped).joined(separator: "\n")
    }

    /// What a row of binned tasks comes to, escaped for markup.
    static func text(_ row: Lanes.Row, of run: RecordedRun) -> String {
        let style = Markup.style
        let cost = run.receipt.workerCosts.first { $0.worker == row.number }
        let place = cost.map { " (pid \($0.pid), tid \($0.tid))" } ?? ""
        let mean = row.tasks > 0 ? ", \(style.duration(row.busy / row.tasks)) each on average" : ""
        let trouble = row.troubled > 0 ? "\n\(Units.counted(row.troubled, "task")) not ok" : ""
        return "worker \(row.number)\(place): \(Units.counted(row.tasks, "task"))\n"
            + "\(style.duration(row.busy)) in tasks, "
            + "\(Units.percent(row.busy, of: run.receipt.elapsed)) of the run\(mean)\(trouble)"
    }
}
