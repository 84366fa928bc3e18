import Control

/// The daemon's state for people.
public struct StatusText: Sendable {
    let status: GetStatus.Reply
    let style: TextStyle

    public init(_ status: GetStatus.Reply, style: TextStyle) {
        self.status = status
        self.style = style
    }

    /// The text, each line ended.
    public var text: String {
        let title = [
            style.paint("pard \(style.clean(status.version))", .bold),
            style.paint(style.clean(status.state), PoolTable.ink(status.state)),
            "up \(style.duration(status.uptime))",
        ].joined(separator: style.separator)
        var table = Table([.left(""), .left("")], indent: 2)
        func add(_ name: String, _ parts: String...) {
            table.rows.append([.init(name, .dim), .init(parts.joined(separator: style.separator))])
        }
        if let reason = status.reason { add("reason", style.clean(reason)) }
        add("socket", style.clean(status.socket))
        add("process", "pid \(status.pid)", "zygote \(status.zygotePid)", "uid \(status.uid)")
        add(
            "workers", Units.grouped(status.workers), "\(Units.grouped(status.workersBusy)) busy",
            "\(Units.grouped(status.workersReplaced)) replaced")
        add(
            "jobs", "\(Units.grouped(status.jobsRunning)) running", "\(Units.grouped(status.jobsQueued)) queued",
            "\(Units.grouped(status.jobsFinished)) finished", "\(Units.grouped(status.jobsRefused)) refused")
        add("ledgers", Units.bytes(status.ledgerBytes))
        for (index, runtime) in status.runtimes.enumerated() {
            var parts = ["\(style.clean(runtime.name)) \(style.clean(runtime.state))"]
            if runtime.zygotePid != 0 { parts.append("zygote \(runtime.zygotePid)") }
            if runtime.workers != 0 { parts.append(Units.counted(runtime.workers, "worker")) }
            if let reason = runtime.reason { parts.append(style.clean(reason)) }
            table.rows.append([
                .init(index == 0 ? "runtimes" : "", .dim), .init(parts.joined(separator: style.separator)),
            ])
        }
        for (index, limit) in status.limits.sorted(by: { $0.key < $1.key }).enumerated() {
            let value = limit.key.hasSuffix("bytes") ? Units.bytes(limit.value) : Units.grouped(limit.value)
            table.rows.append([.init(index == 0 ? "limits" : "", .dim), .init("\(style.clean(limit.key)) \(value)")])
        }
        return ([title] + table.lines(style)).joined(separator: "\n") + "\n"
    }
}
