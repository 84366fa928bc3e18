import Bytes

/// Where the arguments of a command come from: words of the command line, or a file.
struct InputSource: Equatable {
    enum Place: Equatable {
        case words([[UInt8]])
        /// `-` is standard input.
        case file([UInt8])
    }

    let place: Place
    /// Whether each of its arguments goes with one of the source before it (`:::+`, `::::+`), rather than with each of them.
    let isLinked: Bool

    /// The words of a command line behind the options, taken apart.
    struct Line: Equatable {
        var command: [[UInt8]] = []
        var sources: [InputSource] = []
    }

    /// Takes apart the words behind the options: the command up to the first mark, and a source for each mark; `::::` may have
    /// several files, each a source of its own.
    ///
    /// - Parameters:
    ///   - mark: what stands for `:::`.
    ///   - fileMark: what stands for `::::`.
    static func line(
        _ words: [[UInt8]], mark: String = ":::", fileMark: String = "::::"
    ) -> Line {
        let marks: [[UInt8]: (isFile: Bool, isLinked: Bool)] = [
            mark.bytes: (false, false), (mark + "+").bytes: (false, true),
            fileMark.bytes: (true, false), (fileMark + "+").bytes: (true, true),
        ]
        var line = Line()
        var current: (isFile: Bool, isLinked: Bool)?
        var texts: [[UInt8]] = []
        func end() {
            guard let current else { return line.command = texts }
            if current.isFile {
                for (index, path) in texts.enumerated() {
                    line.sources.append(InputSource(place: .file(path), isLinked: current.isLinked && index == 0))
                }
            } else {
                line.sources.append(InputSource(place: .words(texts), isLinked: current.isLinked))
            }
        }
        for word in words {
            if let found = marks[word] {
                end()
                texts = []
                current = found
            } else {
                texts.append(word)
            }
        }
        end()
        return line
    }
}

/// Puts the arguments of several sources together: each with each, the last source varying fastest, or side by side where
/// sources are linked. Pure: a source is a closure that hands out its arguments.
struct Combinations {
    /// The next argument of a source, and whether there is one.
    enum Next: Equatable {
        case argument([UInt8])
        /// It has not come yet.
        case later
        case end
    }

    /// Sources that go side by side.
    private struct Group {
        /// The arguments of each source, read to its end; of the first group only if there are others.
        var rows: [[[UInt8]]]
    }

    private let isEndless: Bool
    private var groups: [Group]
    private var places: [Int]
    private var isBegun = false
    /// The first group's present row, where its source is read as it comes.
    private var first: [UInt8]?
    private var hasEnded = false
    /// Whether a first source that is read and has nothing counts as one empty argument.
    private var standsForNothing: Bool

    /// A source without arguments beside others that have some counts as one empty argument.
    ///
    /// - Parameters:
    ///   - lists: the arguments of all sources; nil for the first one where it is read as it comes.
    ///   - links: for each source, whether it is linked to the one before it.
    ///   - all: whether all are linked, the shorter ones beginning anew (`--link`).
    init(_ lists: [[[UInt8]]?], links: [Bool], all: Bool) {
        groups = []
        isEndless = lists.first.map { $0 == nil } ?? false
        standsForNothing = isEndless && lists.contains { $0?.isEmpty == false }
        let isFilled = lists.count > 1 && (isEndless || lists.contains { $0?.isEmpty == false })
        let lists = isFilled ? lists.map { $0?.isEmpty == true ? [[]] : $0 } : lists
        for (index, list) in lists.enumerated() where index > 0 || !isEndless {
            let isLinked = index > 0 && (links[index] || all) && !(isEndless && index == 1)
            if isLinked, !groups.isEmpty {
                groups[groups.count - 1].rows.append(list ?? [])
            } else {
                groups.append(Group(rows: [list ?? []]))
            }
        }
        for index in groups.indices { groups[index].rows = Self.side(groups[index].rows, repeating: all) }
        places = Array(repeating: 0, count: groups.count)
    }

    /// Columns into rows: as many as the shortest column has, or as the longest one has where the others begin anew.
    private static func side(_ columns: [[[UInt8]]], repeating: Bool) -> [[[UInt8]]] {
        guard columns.count > 1 else { return columns.first.map { $0.map { [$0] } } ?? [] }
        let counts = columns.map(\.count)
        guard let least = counts.min(), least > 0, let most = counts.max() else { return [] }
        return (0..<(repeating ? most : least)).map { row in columns.map { $0[row % $0.count] } }
    }

    /// How many there are; nil where that is not known.
    var count: Int? { isEndless ? nil : groups.isEmpty ? 0 : groups.reduce(1) { $0 * $1.rows.count } }

    /// Whether there is one source, which is read as it comes.
    var isOneStream: Bool { isEndless && groups.isEmpty }

    /// The next row: an argument of each source. Nil at the end, and where `read` has none yet, which sets `isLater`.
    ///
    /// - Parameter read: reads the first source, where it is read as it comes.
    mutating func next<Failure>(
        _ isLater: inout Bool, _ read: () throws(Failure) -> Next
    ) throws(Failure) -> [[UInt8]]? {
        isLater = false
        guard !hasEnded, groups.allSatisfy({ !$0.rows.isEmpty }) else { return nil }
        if isBegun { step() }
        if isEndless, first == nil {
            switch try read() {
            case .argument(let argument):
                first = argument
                standsForNothing = false
            case .later:
                isLater = true
                isBegun = false
                return nil
            case .end where standsForNothing: (first, standsForNothing) = ([], false)
            case .end: hasEnded = true
            }
        }
        if hasEnded { return nil }
        isBegun = true
        var row = first.map { [$0] } ?? []
        for (index, group) in groups.enumerated() { row += group.rows[places[index]] }
        return row
    }

    private mutating func step() {
        var index = groups.count - 1
        while index >= 0 {
            places[index] += 1
            if places[index] < groups[index].rows.count { return }
            places[index] = 0
            index -= 1
        }
        if isEndless { first = nil } else { hasEnded = true }
    }
}
