import Control

/// A receipt on a page: phases, what the tasks came to, what follows, what each worker cost, what failed.
struct PageReceipt: Sendable {
    let receipt: Receipt

    init(_ receipt: Receipt) {
        self.receipt = receipt
    }

    private var style: TextStyle { Markup.style }

    /// Workers listed one by one.
    private static let workersShown = 64

    var markup: String { headline + phases + figures + workers + failures }

    private var headline: String {
        let outcome = "<span class=\"outcome\(receipt.outcome == .ok ? "" : " bad-text")\">\(receipt.end)</span>"
        return "<p>\(Markup.escaped(receipt.command)) · \(receipt.arrangement()) · "
            + "\(receipt.temperature.rawValue)\(receipt.reason.map { " (\(Markup.escaped($0)))" } ?? "") · \(outcome)</p>\n"
    }

    private var phases: String {
        let rows = RecordedRun(receipt, blocks: []).phases.map { name, range in
            let share = receipt.elapsed > 0 ? Double(range.count) / Double(receipt.elapsed) : 0
            let bar =
                "<svg class=\"share \(name)\" aria-hidden=\"true\"><rect width=\"\(Markup.percent(share))\" y=\"4\" "
                + "height=\"10\"/></svg>"
            return "<tr><th scope=\"row\">\(name)</th><td>\(style.duration(range.count))</td>"
                + "<td>\(Units.percent(range.count, of: receipt.elapsed))</td><td class=\"wide\">\(bar)</td></tr>\n"
        }
        let paid =
            receipt.temperature == .warm && receipt.poolStartupPaid > 0
            ? "<p class=\"note\">The workers were warm: they were started \(style.duration(receipt.poolReadyFor)) before this "
                + "run, which took \(style.duration(receipt.poolStartupPaid)).</p>\n" : ""
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="Phases">
            <table><thead><tr><th scope="col">phase</th><th scope="col">time</th><th scope="col">share</th>\
            <th aria-hidden="true"></th></tr></thead>
            <tbody>
            \(rows.joined())<tr><th scope="row">elapsed</th><td><strong>\(style.duration(receipt.elapsed))</strong></td>\
            <td></td><td class="wide"></td></tr>
            </tbody></table>
            </div>
            \(paid)
            """
    }

    private var figures: String {
        let derived = ReceiptFigures(receipt, style: style).figures
        let entries = TaskSummary(receipt, style: style).entries + (derived.isEmpty ? [] : [("derived", derived)])
        let rows = entries.map { name, parts in
            "<dt>\(Markup.escaped(name))</dt><dd>\(Markup.escaped(parts.joined(separator: " · ")))</dd>\n"
        }
        return "<dl>\n" + rows.joined() + "</dl>\n"
    }

    private var workers: String {
        let costs = receipt.workerCosts
        guard !costs.isEmpty else { return "" }
        let rows = costs.prefix(Self.workersShown).map { cost in
            let cells = [
                "\(cost.pid)", "\(cost.tid)", cost.pid == 0 ? "never ready" : style.duration(cost.startup),
                cost.tasks == 0 ? "-" : style.duration(cost.dispatch), Units.grouped(cost.tasks),
            ]
            return "<tr><th scope=\"row\">\(cost.worker + 1)</th>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
        }
        let rest = costs.count - rows.count
        let headings = ["worker", "pid", "tid", "start-up", "dispatch", "tasks"].map { "<th scope=\"col\">\($0)</th>" }
        return """
            <div class="scroll" tabindex="0" role="region" aria-label="Workers">
            <table><thead><tr>\(headings.joined())</tr></thead>
            <tbody>
            \(rows.joined())</tbody></table>
            </div>
            \(rest > 0 ? "<p class=\"note\">And \(Units.grouped(rest)) more workers.</p>\n" : "")
            """
    }

    private var failures: String {
        guard !receipt.failures.isEmpty else { return "" }
        return "<h3 class=\"bad-text\">Failures</h3>\n<dl>\n"
            + receipt.failures.map { failure in
                "<dt>\(Units.counted(failure.count, "task"))</dt><dd>\(Markup.escaped(failure.reason)) "
                    + "(first: task \(Units.grouped(failure.firstTask + 1)))</dd>\n"
            }.joined() + "</dl>\n"
    }
}
