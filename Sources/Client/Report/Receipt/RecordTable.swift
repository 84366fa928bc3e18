import Control

/// A run's records, one a line. Columns fit all of them, so it takes them all first; rows are handed out one by one
/// because there may be a million.
public struct RecordTable {
    private var widths: [Int]
    private let style: TextStyle
    /// What a task was given.
    private let naming: ((Int) -> String)?

    /// What tasks tell of themselves beside that, and its keys, a column for each.
    private let columns: DetailColumns
    private let details: [String]
    private let titles: [String]

    private static let titles = [
        "task", "worker", "pid", "tid", "start", "stop", "wall", "cpu", "attempt", "status", "value",
    ]
    /// How much is shown of what a task was given, in columns.
    private static let inputWidth = 60
    /// The column of the status. It and those from the reason on are words, which stand at the left.
    private static let status = 9

    /// A table whose columns fit `records`.
    ///
    /// - Parameters:
    ///   - workload: what they are tasks of.
    ///   - naming: says what a task was given; nil where tasks are given nothing.
    public init(
        fitting records: some Sequence<Record>, of workload: String, style: TextStyle,
        naming: ((Int) -> String)? = nil
    ) {
        self.init(fitting: records, DetailColumns(of: workload), style: style, naming: naming)
    }

    init(
        fitting records: some Sequence<Record>, _ columns: DetailColumns, style: TextStyle,
        naming: ((Int) -> String)? = nil
    ) {
        self.style = style
        self.naming = naming
        self.columns = columns
        details = records.lazy.compactMap(\.detail).first { _ in true }.map { columns.keys(of: $0) } ?? []
        titles = Self.titles + details.map { style.clean($0) } + ["reason"] + (naming == nil ? [] : ["input"])
        widths = titles.map(\.count)
        for record in records {
            for (index, cell) in cells(record).enumerated() { widths[index] = max(widths[index], cell.count) }
        }
    }

    /// The line of headings, ended.
    public var heading: String { style.paint(line(titles), .dim) + "\n" }

    /// The line of `record`, ended.
    public func row(_ record: Record) -> String { line(cells(record)) + "\n" }

    private func cells(_ record: Record) -> [String] {
        let ran = record.tid != 0
        return [
            String(record.task + 1), ran ? String(record.worker + 1) : "-", ran ? String(record.pid) : "-",
            ran ? String(record.tid) : "-", ran ? style.duration(record.start) : "-",
            ran ? style.duration(record.stop) : "-", ran ? style.duration(record.stop - record.start) : "-",
            ran ? style.duration(record.cpu) : "-", String(record.attempt), style.clean(record.status),
            String(record.value),
        ] + details.map { key in record.detail?[key].map { columns.text($0, of: key, style) } ?? "-" }
            + [record.reason.map { style.clean($0) } ?? ""]
            + (naming.map { [style.clean($0(record.task), limit: Self.inputWidth)] } ?? [])
    }

    private func line(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.prefix((cells.lastIndex { !$0.isEmpty } ?? 0) + 1).enumerated() {
            let padding = String(repeating: " ", count: widths[index] - cell.count)
            if index > 0 { line += "  " }
            let isWord = index == Self.status || index >= Self.titles.count + details.count
            line += isWord ? cell + padding : padding + cell
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
