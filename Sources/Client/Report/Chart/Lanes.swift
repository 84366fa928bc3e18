import Control

/// A run's tasks laid out in rows over time: each task a bar, or, where they are too many to be told apart, the columns of
/// a row with the share of the time that tasks took in each.
public struct Lanes: Sendable {
    /// What there is a row for.
    public enum Kind: String, Sendable, CaseIterable {
        case workers, tasks

        /// What a row is called. Tasks and workers count from 1 to people, as lines of a list do; in data they count from 0.
        func name(_ number: Int) -> String {
            (self == .workers ? "worker " : "task ") + Units.grouped(number + 1)
        }
    }

    public let kind: Kind
    public let rows: [Row]
    /// Nanoseconds from the left end to the right one.
    public let span: Int
    /// How many workers or tasks there would be rows for.
    public let total: Int
    /// One of so many of them has a row; 1 where all have.
    public let every: Int
    /// Columns of a row whose tasks are binned; nil where every task has a bar.
    public let columns: Int?
    /// Tasks that were drawn, as bars or in bins.
    public let drawn: Int
    /// Tasks that never began.
    public let neverRan: Int
    /// Tasks that did not end ok, and how many of them are in rows that are left out.
    public let troubled: (all: Int, hidden: Int)

    public struct Row: Sendable {
        /// The worker's or the task's number.
        public let number: Int
        public var bars: [Record] = []
        /// As many as there are columns, or none.
        public var bins: [Bin] = []
        public var tasks = 0
        /// Nanoseconds in tasks.
        public var busy = 0
        public var troubled = 0
    }

    /// What one column of a row holds.
    public struct Bin: Sendable, Equatable {
        /// Nanoseconds in tasks.
        public var busy = 0.0
        /// Whether a task that did not end ok is among them.
        public var isTroubled = false
    }

    /// What a place has room for.
    public struct Room: Sendable {
        public var rows: Int
        /// Bars of one row, and bars of all, beyond which they are binned.
        public var rowBars: Int
        public var bars: Int
        /// Bins of a row.
        public var columns: Int

        public init(rows: Int, rowBars: Int, bars: Int, columns: Int) {
            self.rows = rows
            self.rowBars = rowBars
            self.bars = bars
            self.columns = columns
        }
    }

    /// Lays out `run` over `span` nanoseconds.
    public init(_ run: RecordedRun, by kind: Kind, span: Int, room: Room) {
        self.kind = kind
        self.span = max(span, 1)
        let counts = Counts(run, by: kind)
        total = counts.rows.count
        neverRan = counts.neverRan
        let every = max((total + room.rows - 1) / max(room.rows, 1), 1)
        self.every = every
        let numbers = stride(from: 0, to: total, by: every).map { counts.rows[$0] }
        let shown = numbers.map(\.tasks)
        let isBinned = kind == .workers && ((shown.max() ?? 0) > room.rowBars || shown.reduce(0, +) > room.bars)
        columns = isBinned ? max(room.columns, 1) : nil
        var rows = numbers.map { Row(number: $0.number) }
        var places = [Int](repeating: -1, count: (counts.rows.last?.number ?? -1) + 1)
        for (place, row) in rows.enumerated() { places[row.number] = place }
        var hidden = 0
        for record in run.blocks.joined() where record.ran {
            let number = kind == .workers ? record.worker : record.task
            guard places.indices.contains(number), places[number] >= 0 else {
                if !record.isOK { hidden += 1 }
                continue
            }
            rows[places[number]].take(record, columns: columns, span: self.span)
        }
        self.rows = rows
        drawn = rows.reduce(0) { $0 + $1.tasks }
        troubled = (counts.troubled, hidden)
    }

    /// What a first look at the records tells.
    private struct Counts {
        /// In ascending order of number.
        var rows: [(number: Int, tasks: Int)] = []
        var neverRan = 0
        var troubled = 0

        init(_ run: RecordedRun, by kind: Kind) {
            // Workers that did nothing have a row all the same.
            var tasks = [Int](repeating: 0, count: kind == .workers ? max(run.receipt.workers, 0) : 0)
            for record in run.blocks.joined() {
                guard record.ran else {
                    neverRan += 1
                    continue
                }
                if !record.isOK { troubled += 1 }
                let number = kind == .workers ? record.worker : record.task
                guard (0..<Self.most).contains(number) else { continue }
                while tasks.count <= number { tasks.append(0) }
                tasks[number] += 1
            }
            rows = tasks.enumerated().filter { kind == .workers || $0.element > 0 }.map { ($0.offset, $0.element) }
        }

        /// A number that no run's worker or task has: a reply that claims it must not take our memory.
        static let most = 1 << 26
    }

    /// Nanoseconds of one column.
    public var binTime: Double { Double(span) / Double(columns ?? 1) }

    /// About how many tasks a column of a row holds, where columns hold tasks: `12`, `0.8`; nil where they don't.
    public var tasksPerColumn: Double? {
        guard columns != nil else { return nil }
        let filled = rows.reduce(0) { $0 + $1.bins.count { $0.busy > 0 } }
        return filled > 0 ? Double(drawn) / Double(filled) : nil
    }
}

extension Lanes.Row {
    fileprivate mutating func take(_ record: Record, columns: Int?, span: Int) {
        tasks += 1
        busy += record.stop - record.start
        if !record.isOK { troubled += 1 }
        guard let columns else {
            bars.append(record)
            return
        }
        if bins.isEmpty { bins = Array(repeating: Lanes.Bin(), count: columns) }
        let width = Double(span) / Double(columns)
        let (start, stop) = (Double(record.start), Double(record.stop))
        let first = min(max(Int(start / width), 0), columns - 1)
        let last = min(max(Int(stop / width), first), columns - 1)
        for column in first...last {
            let left = max(start, Double(column) * width)
            let right = min(stop, Double(column + 1) * width)
            bins[column].busy += max(right - left, 0)
            if !record.isOK { bins[column].isTroubled = true }
        }
    }
}
