/// Rows under headings, each column as wide as its widest cell.
public struct Table: Sendable {
    /// A column's heading and side.
    public struct Column: Sendable {
        public var title: String
        public var right: Bool
        /// Which column is left out first where there is no room for all: that of the lowest number. One without a number is
        /// always there.
        public var leaves: Int?

        /// A column whose cells stand at the left, for words.
        public static func left(_ title: String, leaves: Int? = nil) -> Column {
            Column(title: title, right: false, leaves: leaves)
        }
        /// A column whose cells stand at the right, for numbers.
        public static func right(_ title: String, leaves: Int? = nil) -> Column {
            Column(title: title, right: true, leaves: leaves)
        }
    }

    /// A cell's text and the ink that it is painted in.
    public struct Cell: Sendable, ExpressibleByStringInterpolation {
        public var text: String
        public var ink: TextStyle.Ink

        public init(_ text: String, _ ink: TextStyle.Ink = .plain) {
            self.text = text
            self.ink = ink
        }

        public init(stringLiteral text: String) {
            self.init(text)
        }
    }

    public var columns: [Column]
    public var rows: [[Cell]] = []
    /// Columns before the first cell.
    public var indent = 0

    public init(_ columns: [Column], indent: Int = 0) {
        self.columns = columns
        self.indent = indent
    }

    /// The headings, unless all of them are empty, and the rows, without spaces at the ends of lines. Columns that may be left
    /// out are, as far as the width asks for it.
    public func lines(_ style: TextStyle) -> [String] {
        var widths = columns.map(\.title.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        }
        let all = indent + widths.reduce(0, +) + 2 * max(widths.count - 1, 0)
        let next = columns.indices.filter { columns[$0].leaves != nil }
            .min { columns[$0].leaves ?? 0 < columns[$1].leaves ?? 0 }
        if all > style.width, let next {
            var narrower = self
            narrower.columns.remove(at: next)
            for row in narrower.rows.indices where narrower.rows[row].count > next {
                narrower.rows[row].remove(at: next)
            }
            return narrower.lines(style)
        }
        let titles = columns.map { Cell($0.title, .dim) }
        return ((titles.contains { !$0.text.isEmpty } ? [titles] : []) + rows).map { line($0, widths, style) }
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ style: TextStyle) -> String {
        var line = String(repeating: " ", count: indent)
        let last = cells.lastIndex { !$0.text.isEmpty } ?? -1
        for (index, cell) in cells.enumerated() where index <= last {
            let padding = String(repeating: " ", count: widths[index] - cell.text.count)
            if index > 0 { line += "  " }
            line += columns[index].right ? padding : ""
            line += style.paint(cell.text, cell.ink)
            line += columns[index].right || index == last ? "" : padding
        }
        return line
    }
}
