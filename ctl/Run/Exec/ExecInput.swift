import Bytes

/// The arguments of one command after the other, made from all sources as the options say.
struct ExecInput {
    /// What comes next.
    enum Next: Equatable {
        case arguments(WordList)
        /// Something that has not come yet: wait for ``awaited``.
        case later
        case end
    }

    private let options: ExecOptions
    private var combinations: Combinations
    /// Of the first source, where that is read as it comes.
    private let reader: ArgumentReader?
    /// The headings; nil without.
    let names: [[UInt8]]?
    /// Rows that belong to the next command.
    private var gathered: [[UInt8]] = []
    /// Of the next command, where they are read as they come.
    private var plain = WordList()
    private var gatheredRows = 0
    private var gatheredBytes = 0
    /// A row that was read and did not fit.
    private var kept: [[UInt8]] = []
    /// How many arguments each of the last commands has.
    private var share: Int?
    private var hasEnded = false
    /// What a command has beside its arguments, and what each of them takes there, in bytes; see ``fit(_:)``.
    private var fixedBytes = 0
    private var bytesOf: ([UInt8]) -> Int = { $0.count + 1 }
    private let slots: Int

    /// - Parameter slots: how many commands run at a time.
    init(_ sources: [InputSource], _ options: ExecOptions, slots: Int) throws(CommandError) {
        self.options = options
        self.slots = slots
        var lists: [[[UInt8]]?] = []
        var names: [[UInt8]] = []
        var reader: ArgumentReader?
        let isAlone = sources.count < 2 || (!options.linksAll && !sources[1].isLinked)
        for (index, source) in sources.enumerated() {
            switch source.place {
            case .words(let words): lists.append(try Self.filtered(words, options))
            case .file(let path):
                let file = try ArgumentReader(String(bytes: path), options)
                if index == 0, isAlone {
                    reader = file
                    lists.append(nil)
                } else {
                    lists.append(try Self.all(of: file))
                }
            }
            guard options.hasHeader else { continue }
            let first: [UInt8]
            if let list = lists[index] {
                first = list.first ?? []
                lists[index] = Array(list.dropFirst())
            } else if case .argument(let line)? = try reader?.next(waits: true) {
                first = line
            } else {
                first = []
            }
            names += Self.trimmed(options.columns?.columns(of: first) ?? [first], options.trim)
        }
        self.reader = reader
        self.names = options.hasHeader ? names : nil
        combinations = Combinations(lists, links: sources.map(\.isLinked), all: options.linksAll)
    }

    /// Words of the command line are one input, too, for what ends an argument.
    private static func filtered(_ words: [[UInt8]], _ options: ExecOptions) throws(CommandError) -> [[UInt8]] {
        var list = words
        if options.end != [0x0A] {
            list = list.flatMap { word in
                guard options.end.count == 1 else { return [word] }
                return word.split(separator: options.end[0], omittingEmptySubsequences: false).map(Array.init)
            }
        } else {
            list = list.flatMap { $0.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init) }
        }
        if let eof = options.eof, let end = list.firstIndex(of: eof) { list.removeSubrange(end...) }
        if options.dropsEmpty { list.removeAll { $0.allSatisfy { $0 == 0x20 || (9...13).contains($0) } } }
        return list
    }

    private static func all(of reader: ArgumentReader) throws(CommandError) -> [[UInt8]] {
        var list: [[UInt8]] = []
        while case .argument(let argument) = try reader.next(waits: true) { list.append(argument) }
        return list
    }

    /// Says what a command takes beside its arguments and what each of them adds, for commands with as many as fit.
    mutating func fit(fixed: Int, each: @escaping ([UInt8]) -> Int) {
        fixedBytes = fixed
        bytesOf = each
        gatheredBytes = fixed
    }

    /// What to wait for where something has not come yet.
    var awaited: Int32 { reader?.awaited ?? -1 }

    /// How many commands there are in all; nil where that is not known.
    var count: Int? {
        guard let rows = combinations.count, options.gathering == .none else { return nil }
        let each = max(options.argumentsEach ?? 1, 1)
        return (rows + each - 1) / each
    }

    /// The arguments of the next command.
    ///
    /// - Parameter waits: whether to wait for what has not come.
    mutating func next(waits: Bool) throws(CommandError) -> Next {
        let most = options.gathering == .none ? options.argumentsEach ?? 1 : options.argumentsEach ?? .max
        if isPlain, let reader {
            while !hasEnded, plain.count < max(most, 1) {
                if reader.take(into: &plain, atMost: max(most, 1)) { continue }
                switch try reader.next(waits: waits) {
                case .argument(let argument): plain.append(argument)
                case .later: return .later
                case .end: hasEnded = true
                }
            }
            guard plain.count > 0 else { return .end }
            defer { plain = WordList() }
            return .arguments(options.argumentsEach == 0 ? WordList() : plain)
        }
        while !hasEnded || !kept.isEmpty {
            var isLater = false
            let row: [[UInt8]]
            if !kept.isEmpty {
                row = kept
                kept = []
            } else if let next = try nextRow(waits, &isLater) {
                row = next
            } else if isLater {
                return .later
            } else {
                hasEnded = true
                break
            }
            if options.gathering != .none {
                let bytes = row.reduce(0) { $0 + bytesOf($1) }
                if gatheredBytes + bytes > options.maximumBytes {
                    guard gatheredRows > 0 else {
                        throw .input(path: "an argument", reason: "it does not fit into a command")
                    }
                    kept = row
                    return taken()
                }
                gatheredBytes += bytes
            }
            gathered += row
            gatheredRows += 1
            if gatheredRows >= max(most, 1) { return taken() }
        }
        guard gatheredRows > 0 else { return .end }
        guard options.spreads, slots > 0, share == nil || gatheredRows > share ?? 0 else {
            guard let share, gatheredRows > share else { return taken() }
            return taken(share)
        }
        let each = share ?? (gatheredRows + slots - 1) / slots
        share = each
        return gatheredRows > each ? taken(each) : taken()
    }

    /// Whether each argument is a line of one source, read as it comes, and commands take so many whatever they are: the way of
    /// long inputs.
    private var isPlain: Bool {
        reader != nil && combinations.isOneStream && options.gathering == .none && options.columns == nil
            && options.trim == .none && !options.spreads
    }

    private mutating func nextRow(_ waits: Bool, _ isLater: inout Bool) throws(CommandError) -> [[UInt8]]? {
        let reader = reader
        let row = try combinations.next(&isLater) { () throws(CommandError) -> Combinations.Next in
            try reader?.next(waits: waits) ?? .end
        }
        guard let row else { return nil }
        let columns = options.columns.map { splitter in row.flatMap(splitter.columns) } ?? row
        return Self.trimmed(columns, options.trim)
    }

    private mutating func taken() -> Next {
        let arguments = options.argumentsEach == 0 && options.gathering == .none ? [] : gathered
        gathered = []
        gatheredRows = 0
        gatheredBytes = fixedBytes
        return .arguments(WordList(arguments))
    }

    /// So many of the last rows, each of which has as many arguments as the others.
    private mutating func taken(_ rows: Int) -> Next {
        let each = max(gathered.count / max(gatheredRows, 1), 1)
        let arguments = Array(gathered.prefix(rows * each))
        gathered.removeFirst(arguments.count)
        gatheredRows -= rows
        return .arguments(WordList(arguments))
    }

    private static func trimmed(_ arguments: [[UInt8]], _ trim: ExecOptions.Trim) -> [[UInt8]] {
        guard trim != .none else { return arguments }
        return arguments.map { argument in
            var rest = argument[...]
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
            if trim != .right { rest = rest.drop(while: isSpace) }
            if trim != .left { while let last = rest.last, isSpace(last) { rest.removeLast() } }
            return Array(rest)
        }
    }
}
