import Control

/// A run and what became of its tasks: what charts are drawn from.
public struct RecordedRun: Sendable {
    /// What tells it from the other runs on the same chart, such as `4 threads, warm`.
    public let label: String
    public let receipt: Receipt
    /// In the blocks that they came in, by task: there may be a million.
    public let blocks: [[Record]]

    public init(label: String, receipt: Receipt, blocks: [[Record]]) {
        self.label = label
        self.receipt = receipt
        self.blocks = blocks
    }

    /// When the run's workers were started, in nanoseconds since its acceptance; nil where they were there.
    var startup: Range<Int>? {
        let phases = receipt.phases
        return phases.startup > 0 ? phases.queue..<(phases.queue + phases.startup) : nil
    }

    /// The six phases one after the other, in nanoseconds since acceptance.
    var phases: [(name: String, range: Range<Int>)] {
        let phases = receipt.phases
        let times = [
            ("queue", phases.queue), ("startup", phases.startup), ("dispatch", phases.dispatch), ("run", phases.run),
            ("collect", phases.collect), ("teardown", phases.teardown),
        ]
        var start = 0
        return times.map { name, time in
            let range = start..<(start + max(time, 0))
            start = range.upperBound
            return (name, range)
        }
    }

    /// Whether every worker's own start-up lay within this run, rather than that of some only.
    var startsAllWorkers: Bool {
        receipt.temperature == .cold && (receipt.reason == "requested" || receipt.reason == "first use")
    }
}

extension Record {
    /// Whether a worker ever began this task.
    var ran: Bool { tid != 0 && stop >= start }
    var isOK: Bool { status == "ok" }
}
