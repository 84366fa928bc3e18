import Control

/// A run's records, one a line. Columns fit all of them, so it takes them all first; rows are handed out one by one
/// because there may be a million.
public struct RecordTable: Sendable {
    private let widths: [Int]
    private let look: Look

    private static let titles = [
        "task", "worker", "pid", "tid", "start", "stop", "wall", "cpu", "attempt", "status", "value", "reason",
    ]
    /// The columns of words, which stand at the left.
    private static let words: Set<Int> = [9, 11]

    /// A table whose columns fit `records`.
    public init(fitting records: some Sequence<Record>, look: Look) {
        var widths = Self.titles.map(\.count)
        for record in records {
            for (index, cell) in Self.cells(record, look).enumerated() {
                widths[index] = max(widths[index], cell.count)
            }
        }
        self.widths = widths
        self.look = look
    }

    /// The line of headings, ended.
    public var heading: String { look.paint(line(Self.titles), .dim) + "\n" }

    /// The line of `record`, ended.
    public func row(_ record: Record) -> String { line(Self.cells(record, look)) + "\n" }

    private static func cells(_ record: Record, _ look: Look) -> [String] {
        let ran = record.tid != 0
        return [
            String(record.task), ran ? String(record.worker) : "-", ran ? String(record.pid) : "-",
            ran ? String(record.tid) : "-", ran ? look.duration(record.start) : "-",
            ran ? look.duration(record.stop) : "-", ran ? look.duration(record.stop - record.start) : "-",
            ran ? look.duration(record.cpu) : "-", String(record.attempt), look.clean(record.status),
            String(record.value), record.reason.map { look.clean($0) } ?? "",
        ]
    }

    private func line(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() where !cell.isEmpty {
            let padding = String(repeating: " ", count: widths[index] - cell.count)
            if index > 0 { line += "  " }
            line += Self.words.contains(index) ? cell : padding + cell
            if Self.words.contains(index), index < cells.count - 1 { line += padding }
        }
        return line
    }
}
