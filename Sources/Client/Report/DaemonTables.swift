import Control

/// The daemon's state for people.
public struct StatusText: Sendable {
    let status: GetStatus.Reply
    let style: TextStyle

    public init(_ status: GetStatus.Reply, style: TextStyle) {
        self.status = status
        self.style = style
    }

    /// Where the second column begins.
    private static let indent = 12

    /// The text, each line ended.
    public var text: String {
        let title = [
            style.paint("pard \(style.clean(status.version))", .bold),
            style.paint(style.clean(status.state), PoolTable.ink(status.state)),
            "up \(style.duration(status.uptime))",
        ].joined(separator: style.separator)
        var table = Table([.left(""), .left("")], indent: 2)
        func add(_ name: String, _ parts: [String]) {
            for (index, line) in style.flow(parts, indent: Self.indent).enumerated() {
                // What flows on brings its indent along, which the table has already.
                let text = index == 0 ? line : String(line.dropFirst(Self.indent))
                table.rows.append([.init(index == 0 ? name : "", .dim), .init(text)])
            }
        }
        func add(_ name: String, _ parts: String...) { add(name, parts) }
        if let reason = status.reason { add("reason", style.clean(reason)) }
        add("socket", style.clean(status.socket))
        if let origin = status.origin {
            let stay = status.idleExit.map { ["ends when unused for \(style.duration($0))"] } ?? []
            add("origin", [style.clean(origin)] + stay)
        }
        add("process", "pid \(status.pid)", "zygote \(status.zygotePid)", "uid \(status.uid)")
        add(
            "workers", Units.grouped(status.workers), "\(Units.grouped(status.workersBusy)) busy",
            "\(Units.grouped(status.workersReplaced)) replaced")
        add(
            "jobs", "\(Units.grouped(status.jobsRunning)) running", "\(Units.grouped(status.jobsQueued)) queued",
            "\(Units.grouped(status.jobsFinished)) finished", "\(Units.grouped(status.jobsRefused)) refused")
        if let scripts = status.scripts, scripts > 0 { add("scripts", "\(Units.grouped(scripts)) running") }
        add("ledgers", Units.bytes(status.ledgerBytes))
        for (index, runtime) in status.runtimes.enumerated() {
            var parts = ["\(style.clean(runtime.name)) \(style.clean(runtime.state))"]
            if runtime.zygotePid != 0 { parts.append("zygote \(runtime.zygotePid)") }
            if runtime.workers != 0 { parts.append(Units.counted(runtime.workers, "worker")) }
            if let reason = runtime.reason { parts.append(style.clean(reason)) }
            add(index == 0 ? "runtimes" : "", parts)
        }
        for (index, limit) in status.limits.sorted(by: { $0.key < $1.key }).enumerated() {
            let value = limit.key.hasSuffix("bytes") ? Units.bytes(limit.value) : Units.grouped(limit.value)
            table.rows.append([.init(index == 0 ? "limits" : "", .dim), .init("\(style.clean(limit.key)) \(value)")])
        }
        return ([title] + table.lines(style)).joined(separator: "\n") + "\n"
    }
}

/// The pools, one a line.
public struct PoolTable: Sendable {
    let pools: [Pool]
    let style: TextStyle

    public init(_ pools: [Pool], style: TextStyle) {
        self.pools = pools
        self.style = style
    }

    /// The table, each line ended.
    public var text: String {
        guard !pools.isEmpty else { return "no pools\n" }
        var table = Table([
            .left("pool"), .left("runtime", leaves: 2), .left("state", leaves: 8), .left("workers", leaves: 1),
            .right("floor", leaves: 3), .right("size"), .right("ready"), .right("busy"), .right("waiting", leaves: 7),
            .right("replaced", leaves: 4), .right("start-up", leaves: 5), .right("up for", leaves: 6),
            .left("pids", leaves: 0),
        ])
        for pool in pools {
            let shape =
                pool.threadsPerProcess > 1 && pool.unit == "processes"
                ? "processes \(style.times) \(Units.counted(pool.threadsPerProcess, "thread"))" : pool.unit
            let pids = pool.pids.prefix(4).map(String.init).joined(separator: ",")
            table.rows.append([
                .init(style.clean(pool.name), .bold), .init(style.clean(pool.runtime)),
                .init(style.clean(pool.state), Self.ink(pool.state)),
                .init(style.clean(shape)), "\(pool.floor)", "\(pool.size)", "\(pool.ready)", "\(pool.busy)",
                "\(pool.waiting)", "\(pool.replaced)", .init(style.duration(pool.startupPaid)),
                .init(style.duration(pool.readyFor)), .init(pool.pids.count > 4 ? pids + "," + style.ellipsis : pids),
            ])
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }

    /// The ink of a daemon's or pool's state.
    static func ink(_ state: String) -> TextStyle.Ink {
        switch state {
        case "ready": .green
        case "starting", "draining": .yellow
        default: .plain
        }
    }
}

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
            .left("job"), .left("workload"), .left("mode", leaves: 2), .right("workers", leaves: 1), .left("state"),
            .right("done"), .right("tasks"), .right("", leaves: 3), .right("age", leaves: 4), .right("uid", leaves: 0),
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
