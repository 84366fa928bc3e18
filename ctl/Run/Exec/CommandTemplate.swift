import Bytes

/// What a command is made of that has places for what each task has of its own.
struct CommandTemplate: Equatable {
    /// How the words of a command come to a program.
    enum Way: Equatable {
        /// Each as it is.
        case words
        /// As one line, which this shell runs; what is put into it is quoted.
        case shell(String)
        /// The arguments themselves are lines, which this shell runs.
        case lines(String)
    }

    /// What all tasks' places are filled from.
    struct Values: Equatable {
        var arguments: [[UInt8]]
        /// From 1.
        var number: Int
        /// From 1.
        var slot = 1
        /// How many commands there are; 0 while it is not known.
        var total = 0
        var slots = 1
        /// Whether the arguments are parts of a shell's line, such as the name of a variable, which are not quoted.
        var areLine = false

        fileprivate func quoted(_ value: [UInt8]) -> [UInt8] { areLine ? value : ShellText.quoted(value) }
    }

    private enum Piece: Equatable {
        case text([UInt8])
        case place(Place)
    }

    let way: Way
    private let words: [[Piece]]
    /// What stands before each of them in a line.
    private let gaps: [[UInt8]]
    /// Whether a line for a shell names one of the variables by which GNU parallel tells of the command's number and slot.
    private let asksForVariables: Bool
    /// Whether a word with a place is repeated for each argument (`-X`).
    private let repeatsWords: Bool

    /// A place that can't be one.
    struct Fault: Error {
        let text: String
    }

    /// A command without a place has the arguments at its end.
    init(
        _ words: [[UInt8]], way: Way = .words, reader: PlaceReader = PlaceReader(), repeatsWords: Bool = false,
        appends: Bool = true
    ) throws(Fault) {
        self.way = way
        self.repeatsWords = repeatsWords
        // Typed without quotes, it is several words.
        if let begin = words.firstIndex(where: { $0.starts(with: [UInt8(ascii: "{"), UInt8(ascii: "=")]) }),
            words[begin...].contains(where: { $0.suffix(2) == [UInt8(ascii: "="), UInt8(ascii: "}")] })
        {
            throw Fault(text: PlaceReader.perlFault)
        }
        var read: [[Piece]] = []
        var gaps: [[UInt8]] = []
        let isLine = way != .words
        for (index, word) in words.enumerated() {
            let pieces = try Self.pieces(of: word, reader)
            // In a line, words are what spaces part.
            let parts = isLine && repeatsWords ? Self.words(of: pieces) : [(gap: [], pieces: pieces)]
            for (place, part) in parts.enumerated() {
                gaps.append((index > 0 && place == 0 ? [0x20] : []) + part.gap)
                read.append(part.pieces)
            }
        }
        // How many there are is none of GNU parallel's places without --plus: the argument follows.
        let hasPlace = read.joined().contains { piece in
            if case .place(let place) = piece { place != .total || reader.hasMore } else { false }
        }
        if !hasPlace, appends {
            gaps.append(read.isEmpty ? [] : [0x20])
            read.append([.place(.all(.none))])
        }
        self.words = read
        self.gaps = gaps
        asksForVariables =
            isLine
            && words.contains {
                Self.contains($0, Array("$PARALLEL_".utf8)) || Self.contains($0, Array("${PARALLEL_".utf8))
            }
    }

    /// Pieces of a line, parted where there are spaces or tabs, which come before the part that they are a gap to.
    private static func words(of pieces: [Piece]) -> [(gap: [UInt8], pieces: [Piece])] {
        var words: [(gap: [UInt8], pieces: [Piece])] = [([], [])]
        for piece in pieces {
            guard case .text(let text) = piece else {
                words[words.count - 1].pieces.append(piece)
                continue
            }
            var rest = text[...]
            while !rest.isEmpty {
                let part = rest.prefix { $0 != 0x20 && $0 != 0x09 }
                rest = rest[part.endIndex...]
                if !part.isEmpty { words[words.count - 1].pieces.append(.text(Array(part))) }
                let gap = rest.prefix { $0 == 0x20 || $0 == 0x09 }
                rest = rest[gap.endIndex...]
                if !gap.isEmpty { words.append((Array(gap), [])) }
            }
        }
        return words
    }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        text.indices.contains { text[$0...].starts(with: part) }
    }

    private static func pieces(of word: [UInt8], _ reader: PlaceReader) throws(Fault) -> [Piece] {
        var pieces: [Piece] = []
        var text: [UInt8] = []
        var rest = word[...]
        while let byte = rest.first {
            let before = rest.startIndex > 0 ? word[rest.startIndex - 1] : nil
            switch reader.place(at: rest, after: before) {
            case .fault(let reason): throw Fault(text: reason)
            case .text:
                text.append(byte)
                rest.removeFirst()
            case .place(let place, let length):
                if !text.isEmpty { pieces.append(.text(text)) }
                text = []
                pieces.append(.place(place))
                rest = rest.dropFirst(length)
            }
        }
        if !text.isEmpty || pieces.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// Whether what stands in a command is told by its slot, or by how many commands there are.
    var needsSlot: Bool { asksForVariables || has { $0 == .slot || $0 == .paddedSlot } }
    var needsTotal: Bool { has { $0 == .total || $0 == .paddedNumber } }

    var hasAnyPlace: Bool { has { _ in true } }

    private func has(_ isMeant: (Place) -> Bool) -> Bool {
        words.joined().contains { if case .place(let place) = $0 { isMeant(place) } else { false } }
    }

    /// The words of the command.
    func command(_ values: Values) -> [[UInt8]] {
        switch way {
        case .words: filledWords(values)
        case .shell(let shell), .lines(let shell):
            [shell.bytes, Array("-c".utf8), variables(values) + line(values)]
        }
    }

    /// The words before the arguments, where each argument follows as it is and nothing else does; nil where there is more to it.
    var plainWords: [[UInt8]]? {
        guard way == .words, words.last == [.place(.all(.none))] else { return nil }
        var plain: [[UInt8]] = []
        for word in words.dropLast() {
            guard word.count == 1, case .text(let text) = word[0] else { return nil }
            plain.append(text)
        }
        return plain
    }

    /// A word as it would be typed; several, or none, where it has several values, or misses one.
    private func typed(_ word: [Piece], _ values: Values) -> [[UInt8]] {
        let isPlain = word.allSatisfy { piece in
            if case .text(let text) = piece { !text.isEmpty && !ShellText.hasSign(text) } else { true }
        }
        var filled: [[UInt8]] = []
        for one in repeated(word, values) {
            guard isPlain else {
                Self.fill(word, one, into: &filled)
                continue
            }
            let line = line(of: word, one, values.quoted) { $0 }
            if !line.isEmpty { filled.append(line) }
        }
        return isPlain ? filled : filled.map(ShellText.quoted)
    }

    /// Sets what lines for GNU parallel may ask for, where this one does.
    private func variables(_ values: Values) -> [UInt8] {
        guard asksForVariables else { return [] }
        let text = "PARALLEL_SEQ=\(values.number) PARALLEL_JOBSLOT=\(values.slot) PARALLEL_PID=$PPID; "
        return Array((text + "export PARALLEL_SEQ PARALLEL_JOBSLOT PARALLEL_PID; ").utf8)
    }

    /// The command as it would be typed into a shell.
    func line(_ values: Values) -> [UInt8] {
        switch way {
        // As GNU parallel shows it: what was typed stays, unless a shell would make something else of it.
        case .words:
            Array(words.flatMap { typed($0, values) }.joined(separator: [0x20]))
        case .shell: filledLine(values, values.quoted) { $0 }
        case .lines: Array(values.arguments.joined(separator: [0x20]))
        }
    }

    /// The text that the words make with nothing quoted, for what is no command, such as a tag.
    func text(_ values: Values) -> [UInt8] {
        filledLine(values) {
            $0
        } text: {
            $0
        }
    }

    /// - Parameters:
    ///   - quoted: what a value is made into.
    ///   - text: what a text between places is made into.
    private func filledLine(
        _ values: Values, _ quoted: ([UInt8]) -> [UInt8], text shown: ([UInt8]) -> [UInt8]
    ) -> [UInt8] {
        var line: [UInt8] = []
        for (index, word) in words.enumerated() {
            line += gaps[index]
            for (number, one) in repeated(word, values).enumerated() {
                if number > 0 { line.append(0x20) }
                line += self.line(of: word, one, quoted, shown)
            }
        }
        return line
    }

    private func line(
        of word: [Piece], _ values: Values, _ quoted: ([UInt8]) -> [UInt8], _ shown: ([UInt8]) -> [UInt8]
    ) -> [UInt8] {
        var line: [UInt8] = []
        for piece in word {
            switch piece {
            case .text(let text): line += shown(text)
            case .place(let place): line += Self.values(of: place, values).map(quoted).joined(separator: [0x20])
            }
        }
        return line
    }

    private func filledWords(_ values: Values) -> [[UInt8]] {
        var filled: [[UInt8]] = []
        filled.reserveCapacity(words.count + values.arguments.count)
        for word in words {
            for one in repeated(word, values) { Self.fill(word, one, into: &filled) }
        }
        return filled
    }

    /// The values for a word, once for each time that it stands there.
    private func repeated(_ word: [Piece], _ values: Values) -> [Values] {
        // A place by itself stands for several words anyway.
        guard repeatsWords, word.count > 1, values.arguments.count > 1,
            word.contains(where: { piece in
                if case .place(.all) = piece { true } else { false }
            })
        else { return [values] }
        return values.arguments.map { argument in
            var one = values
            one.arguments = [argument]
            return one
        }
    }

    /// Several values in one word make several words of it, as they would in a shell, and a word of missing values makes none.
    private static func fill(_ word: [Piece], _ values: Values, into filled: inout [[UInt8]]) {
        // The plain cases first: there may be thousands of arguments.
        if word.count == 1, case .text(let text) = word[0] {
            filled.append(text)
            return
        }
        if word.count == 1, case .place(.all(.none)) = word[0] {
            filled += values.arguments
            return
        }
        var current: [UInt8] = []
        var isThere = false
        for piece in word {
            switch piece {
            case .text(let text):
                current += text
                isThere = true
            case .place(let place):
                for (index, value) in Self.values(of: place, values).enumerated() {
                    if index > 0 {
                        filled.append(current)
                        current = []
                    }
                    current += value
                    isThere = true
                }
            }
        }
        if isThere { filled.append(current) }
    }

    private static func values(of place: Place, _ values: Values) -> [[UInt8]] {
        switch place {
        case .all(let change): return change == .none ? values.arguments : values.arguments.map(change.of)
        case .one(let position, let change):
            let count = values.arguments.count
            let index = position > 0 ? position - 1 : count + position
            return (0..<count).contains(index) ? [change.of(values.arguments[index])] : []
        case .number: return [Array(String(values.number).utf8)]
        case .slot: return [Array(String(values.slot).utf8)]
        case .total: return [Array(String(values.total).utf8)]
        case .paddedNumber: return [padded(values.number, as: values.total)]
        case .paddedSlot: return [padded(values.slot, as: values.slots)]
        }
    }

    private static func padded(_ number: Int, as greatest: Int) -> [UInt8] {
        let digits = String(number)
        let missing = max(String(greatest).utf8.count - digits.utf8.count, 0)
        return Array((String(repeating: "0", count: missing) + digits).utf8)
    }
}

extension CommandTemplate.Way {
    /// Whether a command that is typed as `words` is a line for a shell.
    ///
    /// One word with a space or a sign in it is a line for a shell, and so is what only a shell has or understands: its own
    /// commands, functions that were exported, a sign as a word of its own, a word in quotes of its own, a path with a variable.
    /// All else needs none.
    ///
    /// - Parameters:
    ///   - isExact: whether words are what they are (`-q`), but for a single one.
    ///   - isVariable: whether there is a variable of that name.
    ///   - isFunction: whether the shell knows a function of that name.
    ///   - isFile: whether there is a program of that path.
    static func isLine(
        _ words: [[UInt8]], isExact: Bool = false, isVariable: (String) -> Bool = { _ in false },
        isFunction: ([UInt8]) -> Bool = { _ in false },
        isFile: ([UInt8]) -> Bool = { _ in false }
    ) -> Bool {
        guard let first = words.first else { return true }
        if words.count == 1 || !isExact {
            // Places hold what is no sign of a shell.
            if ShellText.hasSign(first), !isFile(first) { return true }
            if ShellText.isBuiltin(first) || ShellText.isAssignment(first) || isFunction(first) { return true }
        }
        guard !isExact else { return false }
        if words.contains(where: { ShellText.isQuoted($0) || ShellText.variable(in: $0).map(isVariable) == true }) {
            return true
        }
        let ends = words.contains { ["-exec", "-execdir", "-ok", "-okdir"].map { Array($0.utf8) }.contains($0) }
        return words.dropFirst().contains { ShellText.isOperator($0) || (!ends && $0 == ShellText.separator) }
    }
}
