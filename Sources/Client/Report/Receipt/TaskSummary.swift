import Catalogue
import Control

/// What the tasks of a run came to, took and returned.
struct TaskSummary: Sendable {
    let receipt: Receipt
    let style: TextStyle

    init(_ receipt: Receipt, style: TextStyle) {
        self.receipt = receipt
        self.style = style
    }

    var lines: [String] {
        let start = receipt.earlierStart(style).flatMap { PhaseTable.hasRoom(for: $0, style) ? nil : $0 }
        return (start.map { line("workers", [$0]) } ?? []) + entries.flatMap { line($0.name, $0.parts) }
    }

    /// What there is to say, by name.
    var entries: [(name: String, parts: [String])] {
        // A run whose tasks all took 0 ns is none that ran: the shortest stamp is longer.
        guard receipt.task.max > 0 else {
            return interpreter + [("tasks", counts), ("task times", ["no task ran"])] + deaths
        }
        return interpreter + [("tasks", counts), ("task times", times), ("task CPU", cpu)] + deaths + figures
            + (value.map { [("returned", [$0])] } ?? [])
    }

    /// What an interpreter's workers were made of, and how they got on with each other.
    private var interpreter: [(name: String, parts: [String])] {
        guard let own = receipt.interpreter else { return [] }
        let start = [
            ("interpreter", own.program), ("imports", own.imports), ("fork", own.fork), ("ready", own.ready),
        ].filter { $0.1 > 0 }.map { "\($0.0) \(style.duration($0.1))" }
        let version = style.clean(own.version, limit: 100) + (own.takesTurns ? ", with a GIL" : ", without a GIL")
        return (start.isEmpty ? [] : [(receipt.temperature == .warm ? "was started" : "start-up", start)])
            + [("workers", [version] + together)]
            + own.warnings.map { ("warning", [style.clean($0, limit: 300)]) }
    }

    /// How many processors the workers used together, and no more than that says.
    private var together: [String] {
        let (task, run) = (receipt.task, receipt.phases.run)
        guard let own = receipt.interpreter, run > 0, receipt.workers > 1, receipt.tasks.total > 1,
            task.cpuCovered >= receipt.tasks.ok + receipt.tasks.failed
        else { return [] }
        let used = Double(task.cpuSum) / Double(run)
        let number = "together they used \(Units.fixed(used, decimals: 2)) processors"
        let waited = own.waited > 0 ? ["waited \(style.duration(own.waited)) for a processor"] : []
        // Of threads that could have used more; where they were waiting, nobody can tell for what.
        let isInTurns = own.takesTurns && receipt.processes == 1 && (0.9...1.1).contains(used)
        return [number + (isInTurns && own.waited < run / 4 ? ": they took turns" : "")] + waited
    }

    private var counts: [String] {
        let tasks = receipt.tasks
        return [(tasks.ok, "ok"), (tasks.failed, "failed"), (tasks.lost, "lost"), (tasks.cancelled, "cancelled")]
            .filter { $0.0 > 0 || ($0.1 == "ok" && tasks.total == 0) }
            .map { "\(Units.grouped($0.0)) \($0.1)" }
    }

    /// What the deaths of workers have cost.
    private var deaths: [(name: String, parts: [String])] {
        guard receipt.deaths > 0 else { return [] }
        return [
            (
                "deaths",
                [
                    "\(Units.counted(receipt.deaths, "worker")) died",
                    "\(Units.counted(receipt.reruns, "task")) run again", "\(style.duration(receipt.timeLost)) lost",
                ]
            )
        ]
    }

    private var times: [String] {
        let task = receipt.task
        return [
            ("sum", task.sum), ("min", task.min), ("p50", task.p50), ("p90", task.p90), ("p99", task.p99),
            ("max", task.max),
        ].map { "\($0.0) \(style.duration($0.1))" }
    }

    private var cpu: [String] {
        let task = receipt.task
        let ran = receipt.tasks.ok + receipt.tasks.failed
        guard task.cpuCovered > 0 else {
            return [task.cpuInterval > 0 ? "not sampled: every task was too short" : "not known: no command ended"]
        }
        let sum = "sum \(style.duration(task.cpuSum))"
        guard task.cpuCovered < ran else { return ["\(sum), \(Units.percent(task.cpuSum, of: task.sum)) of task time"] }
        return [
            "\(sum) in \(Units.grouped(task.cpuCovered)) of \(Units.counted(ran, "task"))",
            "sampled every \(style.duration(task.cpuInterval)) at most",
        ]
    }

    /// What the workload measured itself.
    private var figures: [(name: String, parts: [String])] {
        receipt.figures.map { figure in
            let parts = parts(of: figure).map { "\($0.rawValue) \(text(of: figure.value($0), figure.unit))" }
            return (style.clean(figure.name), parts)
        }
    }

    /// What is shown of a figure: what its workload's definition says, and all of one that only the daemon knows.
    private func parts(of figure: Figure) -> [Column.Part] {
        let columns = Catalogue.definition(named: receipt.workload)?.detail.columns ?? []
        return columns.lazy.compactMap(\.summary).first { $0.name == figure.name }?.parts ?? Column.Part.allCases
    }

    private func text(of value: Int, _ unit: String) -> String {
        switch unit {
        case "ns": style.duration(value)
        case "bytes": Units.bytes(value)
        default: "\(Units.grouped(value)) \(style.clean(unit))"
        }
    }

    private var value: String? {
        guard let unit = receipt.valueUnit else { return nil }
        let sum = Units.grouped(receipt.valueSum)
        guard unit == "bytes" else { return "\(style.clean(unit)) \(sum)" }
        return receipt.valueSum >= 1024 ? "\(sum) bytes (\(Units.bytes(receipt.valueSum)))" : "\(sum) bytes"
    }

    private func line(_ name: String, _ parts: [String]) -> [String] {
        let title = "  " + name + String(repeating: " ", count: max(ReceiptText.indent - 2 - name.count, 1))
        let flow = style.flow(parts, indent: ReceiptText.indent)
        return [title + (flow.first ?? "")] + flow.dropFirst()
    }
}

extension Figure {
    fileprivate func value(_ part: Column.Part) -> Int {
        switch part {
        case .sum: sum
        case .p50: p50
        case .p99: p99
        case .max: max
        }
    }
}
