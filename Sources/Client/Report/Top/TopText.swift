import Control

/// A daemon at a glance: what there is of workers, what they have done just now, and who has them.
public struct TopText: Sendable {
    let figures: TopFigures
    let order: TopOrder
    let isReversed: Bool
    let style: TextStyle

    public init(_ figures: TopFigures, order: TopOrder = .age, isReversed: Bool = false, style: TextStyle) {
        self.figures = figures
        self.order = order
        self.isReversed = isReversed
        self.style = style
    }

    /// All of it, each line ended.
    public var text: String { lines(nil).joined(separator: "\n") + "\n" }

    /// So many lines at most: where they are too few, the longest lists are cut, and say so. Lines may be longer than the
    /// style is wide where that is very narrow.
    public func lines(_ limit: Int?) -> [String] {
        let head = head
        var sections = [pools, work, jobs]
        if let limit {
            var room = limit - head.count - sections.count
            room = max(room, sections.count * 2)
            var excess = sections.reduce(0) { $0 + $1.count } - room
            while excess > 0, let longest = sections.indices.max(by: { sections[$0].count < sections[$1].count }),
                sections[longest].count > 2
            {
                // A line says how many are missing; so the first cut takes two.
                let count = sections[longest].count
                let others = sections.indices.filter { $0 != longest }.map { sections[$0].count }.max() ?? 0
                let kept = max(min(max(count - excess, others), count - 1), 2)
                let cut = count - kept + 1
                sections[longest] =
                    sections[longest].prefix(kept - 1) + [style.paint("\(style.ellipsis) \(cut) more", .dim)]
                excess -= count - kept
            }
        }
        let lines = head + sections.flatMap { [""] + $0 }
        return limit.map { Array(lines.prefix($0)) } ?? lines
    }

    private var head: [String] {
        let status = figures.status
        let title = [
            style.paint("pard \(style.clean(status.version))", .bold),
            style.paint(style.clean(status.state), PoolTable.ink(status.state)), "up \(style.duration(status.uptime))",
            "pid \(status.pid)", "uid \(status.uid)",
        ].joined(separator: style.separator)
        let workers = [
            "\(Units.grouped(status.workers)) of \(Units.grouped(status.limits["workers"] ?? status.workers))",
            "\(Units.grouped(status.workersBusy)) busy", "\(Units.grouped(status.workersReplaced)) replaced",
        ]
        let share = status.workers > 0 ? Double(status.workersBusy) / Double(status.workers) : 0
        let jobs = [
            "\(Units.grouped(status.jobsRunning)) running", "\(Units.grouped(status.jobsQueued)) queued",
            "\(Units.grouped(status.jobsFinished)) finished", "\(Units.grouped(status.jobsRefused)) refused",
        ]
        var own = [
            "\(Units.percent(figures.cpu, of: figures.span)) of a processor", Units.bytes(figures.memory),
            "ledgers \(Units.bytes(status.ledgerBytes))",
        ]
        if figures.losses > 0 { own.append(style.paint("\(Units.counted(figures.losses, "worker")) died", .red)) }
        var lines = [title]
        func add(_ name: String, _ parts: [String]) {
            lines.append(
                "  " + style.paint(name, .dim) + String(repeating: " ", count: 9 - name.count)
                    + parts.joined(separator: style.separator))
        }
        add("workers", workers + [style.paint(style.bar(share, columns: 20), .green)].filter { !$0.isEmpty })
        add("jobs", jobs)
        add("daemon", own)
        if let reason = status.reason { add("reason", [style.paint(style.clean(reason), .red)]) }
        for runtime in status.runtimes where runtime.state == "broken" {
            add("broken", ["\(style.clean(runtime.name)): \(style.clean(runtime.reason ?? ""))"])
        }
        return lines
    }

    private var pools: [String] { lines(of: PoolTable(figures.pools, style: style).text) }

    private var jobs: [String] {
        lines(of: JobTable(order.sorted(figures.jobs, isReversed: isReversed), style: style).text)
    }

    private var work: [String] {
        guard !figures.work.isEmpty else { return ["no runs have ended in the last \(style.duration(figures.span))"] }
        var table = Table([
            .left("last \(style.duration(figures.span))"), .left("mode", leaves: 5), .left(""), .right("runs"),
            .right("tasks", leaves: 6),
            .right("queue", leaves: 2), .right("p99", leaves: 1), .right("start-up"), .right("p99", leaves: 3),
            .right("dispatch"), .right("p99", leaves: 4), .right("task"), .right("p99"),
        ])
        for work in figures.work {
            let ink: TextStyle.Ink = work.kind.temperature == "warm" ? .yellow : .cyan
            var row: [Table.Cell] = [
                .init(style.clean(work.kind.workload), .bold), .init(style.clean(work.kind.mode)),
                .init(style.clean(work.kind.temperature), ink), .init(rate(work.runs)), .init(rate(work.tasks)),
            ]
            for spread in [work.queue, work.startup, work.dispatch, work.task] {
                row.append(.init(spread.map { about($0.p50) } ?? "-", ink))
                row.append(.init(spread.map { about($0.p99) } ?? "-", ink))
            }
            table.rows.append(row)
        }
        return table.lines(style)
    }

    private func rate(_ count: Int) -> String { Units.rate(count: count, in: figures.span) ?? "-" }

    /// A duration with as many digits as are known of it.
    private func about(_ nanoseconds: Int) -> String {
        var scale = 1
        while nanoseconds / scale >= 100 { scale *= 10 }
        return style.duration((nanoseconds + scale / 2) / scale * scale)
    }

    private func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init)
    }
}
