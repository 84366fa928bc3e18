import Control

/// What follows from a receipt's measured times: said to be derived, and never mixed with them.
struct ReceiptFigures: Sendable {
    let receipt: Receipt
    let style: TextStyle

    init(_ receipt: Receipt, style: TextStyle) {
        self.receipt = receipt
        self.style = style
    }

    var lines: [String] {
        let flow = style.flow(figures, indent: ReceiptText.indent)
        guard let first = flow.first else { return [] }
        return ["  derived" + String(repeating: " ", count: ReceiptText.indent - 9) + first] + flow.dropFirst()
    }

    var figures: [String] {
        var figures: [String] = []
        if let speedup = receipt.speedup {
            figures.append("speed-up \(Units.fixed(speedup, decimals: 2))\(style.times)")
        }
        if let efficiency = receipt.efficiency {
            figures.append("efficiency \(Units.fixed(efficiency * 100, decimals: 1)) %")
        }
        if receipt.tasks.ok > 0, let rate = throughput { figures.append("throughput \(rate)") }
        if receipt.temperature == .cold, receipt.elapsed > 0 {
            figures.append("start-up share \(Units.percent(receipt.phases.startup, of: receipt.elapsed))")
        }
        if receipt.workers > 1, receipt.tasks.ok > 0 {
            figures.append(receipt.breakEven.map { "break-even \(Units.counted($0, "task"))" } ?? "break-even never")
        }
        return figures
    }

    /// Of the run phase: bytes or floating-point operations a second where the tasks return those, tasks a second
    /// elsewhere.
    private var throughput: String? {
        switch receipt.valueUnit {
        case "bytes" where receipt.valueSum > 0: Units.rate(bytes: receipt.valueSum, in: receipt.phases.run)
        case "flop" where receipt.valueSum > 0: Units.rate(operations: receipt.valueSum, in: receipt.phases.run)
        default:
            Units.rate(count: receipt.tasks.ok, in: receipt.phases.run).map {
                $0.replacingSuffix("/s", by: " tasks/s")
            }
        }
    }
}

extension String {
    fileprivate func replacingSuffix(_ suffix: String, by other: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) + other : self
    }
}
