import Control

/// Where the time of a run went, phase by phase, with its share of the whole as a number and as a bar.
struct PhaseTable: Sendable {
    let receipt: Receipt
    let style: TextStyle

    init(_ receipt: Receipt, style: TextStyle) {
        self.receipt = receipt
        self.style = style
    }

    var lines: [String] {
        let phases = receipt.phases
        var table = Table([.left(""), .right(""), .right(""), .left("")], indent: 2)
        let all = [
            ("queue", phases.queue), ("startup", phases.startup), ("dispatch", phases.dispatch), ("run", phases.run),
            ("collect", phases.collect), ("teardown", phases.teardown),
        ]
        for (name, time) in all {
            let note = name == "startup" ? paid : nil
            table.rows.append([
                .init(name), .init(style.duration(time)), .init(Units.percent(time, of: receipt.elapsed), .dim),
                note.map { .init($0, .dim) } ?? .init(bar(time), name == "run" ? .green : .cyan),
            ])
        }
        table.rows.append([
            .init("elapsed", .bold), .init(style.duration(receipt.elapsed), .bold),
            .init(receipt.elapsed > 0 ? "100 %" : "", .dim), "",
        ])
        return table.lines(style)
    }

    /// What stands beside a start-up of 0: a warm run's workers were paid for once, and when.
    private var paid: String? {
        guard receipt.temperature == .warm, receipt.phases.startup == 0 else { return nil }
        guard receipt.poolStartupPaid > 0 else { return "warm" }
        return
            "warm: the pool paid \(style.duration(receipt.poolStartupPaid)) \(style.duration(receipt.poolReadyFor)) ago"
    }

    private func bar(_ time: Int) -> String {
        guard receipt.elapsed > 0 else { return "" }
        return style.bar(Double(time) / Double(receipt.elapsed), columns: min(max(style.width - 40, 10), 24))
    }
}
