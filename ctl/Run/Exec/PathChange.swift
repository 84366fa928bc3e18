/// What is made of an argument before it stands in a command, byte by byte.
enum PathChange: Equatable {
    case none
    /// Without so many extensions at its end.
    case withoutExtension(Int)
    /// What stands behind the last slash, without so many extensions.
    case lastPart(without: Int)
    /// As dirname(1).
    case directory
    /// What stands before the last slash; nothing where there is none.
    case beforeLastPart
    /// So many extensions, without the dot before them.
    case extensions(Int)
    /// Another word where the argument is empty.
    case otherwise([UInt8])
    /// From a byte on, and no more than so many.
    case part(from: Int, count: Int?)
    case withoutPrefix([UInt8])
    case withoutSuffix([UInt8])
    /// The first one of what is looked for, or all of them, made into something else.
    case replaced([UInt8], by: [UInt8], all: Bool)
    case replacedPrefix([UInt8], by: [UInt8])
    case replacedSuffix([UInt8], by: [UInt8])
    /// Capitals, or small letters, for a word at the beginning or everywhere.
    case letters([UInt8], capital: Bool, all: Bool)

    /// The change that is spelled `text` with any of GNU parallel's options.
    init?(usual text: ArraySlice<UInt8>) {
        switch String(decoding: text, as: UTF8.self) {
        case ".": self = .withoutExtension(1)
        case "/": self = .lastPart(without: 0)
        case "//": self = .directory
        case "/.": self = .lastPart(without: 1)
        default: return nil
        }
    }

    /// The change that is spelled `text` with `--plus`.
    init?(more text: ArraySlice<UInt8>) {
        switch String(decoding: text, as: UTF8.self) {
        case "..": self = .withoutExtension(2)
        case "...": self = .withoutExtension(3)
        case "/..": self = .lastPart(without: 2)
        case "/...": self = .lastPart(without: 3)
        case "+/": self = .beforeLastPart
        case "+.": self = .extensions(1)
        case "+..": self = .extensions(2)
        case "+...": self = .extensions(3)
        default:
            guard let change = Self.shell(text) else { return nil }
            self = change
        }
    }

    /// Those that are spelled as a shell spells them behind a variable's name.
    private static func shell(_ text: ArraySlice<UInt8>) -> PathChange? {
        guard let sign = text.first else { return nil }
        let rest = text.dropFirst()
        switch sign {
        case UInt8(ascii: ":"):
            if rest.first == UInt8(ascii: "-"), rest.count > 1 { return .otherwise(Array(rest.dropFirst())) }
            let numbers = rest.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
                $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? Int(String(decoding: $0, as: UTF8.self)) : nil
            }
            guard numbers.count <= 2, let from = numbers[0], from < 1 << 30 else { return nil }
            guard numbers.count == 2 else { return .part(from: from, count: nil) }
            return numbers[1].map { .part(from: from, count: $0) }
        case UInt8(ascii: "#"), UInt8(ascii: "%"):
            // Twice: as much as possible, which is the same for a word without signs.
            let word = rest.first == sign ? rest.dropFirst() : rest
            guard isPlain(word) else { return nil }
            return sign == UInt8(ascii: "#") ? .withoutPrefix(Array(word)) : .withoutSuffix(Array(word))
        case UInt8(ascii: "/"): return replacement(rest)
        case UInt8(ascii: "^"), UInt8(ascii: ","):
            let isAll = rest.first == sign
            let word = isAll ? rest.dropFirst() : rest
            guard isPlain(word) else { return nil }
            return .letters(Array(word), capital: sign == UInt8(ascii: "^"), all: isAll)
        default: return nil
        }
    }

    private static func replacement(_ text: ArraySlice<UInt8>) -> PathChange? {
        let kind = text.first
        let isKind = [UInt8(ascii: "/"), UInt8(ascii: "#"), UInt8(ascii: "%")].contains(kind)
        let rest = isKind ? text.dropFirst() : text
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")), isPlain(rest[..<slash]) else { return nil }
        let (old, new) = (Array(rest[..<slash]), Array(rest[(slash + 1)...]))
        return switch kind {
        case UInt8(ascii: "#"): .replacedPrefix(old, by: new)
        case UInt8(ascii: "%"): .replacedSuffix(old, by: new)
        default: .replaced(old, by: new, all: isKind)
        }
    }

    /// Whether a word stands for itself in a regular expression, the dot taken for a dot.
    private static func isPlain(_ word: ArraySlice<UInt8>) -> Bool {
        !word.isEmpty && !word.contains(where: Set("\\*?[]()|^$+{}\t\"'".utf8).contains)
    }

    func of(_ argument: [UInt8]) -> [UInt8] {
        switch self {
        case .none: argument
        case .withoutExtension(let count): Self.without(extensions: count, argument, exactly: count > 1)
        case .lastPart(let count):
            Self.without(extensions: count, Self.lastPart(argument), exactly: count > 1)
        case .directory: Self.directory(argument)
        case .beforeLastPart: argument.lastIndex(of: Self.slash).map { Array(argument[..<$0]) } ?? []
        case .extensions(let count): Self.extensions(count, argument)
        case .otherwise(let other): argument.isEmpty || argument == [0x30] ? other : argument
        case .part(let from, let count): Array(argument.dropFirst(from).prefix(count ?? .max))
        case .withoutPrefix(let word): argument.starts(with: word) ? Array(argument.dropFirst(word.count)) : argument
        case .withoutSuffix(let word): Self.ends(argument, word) ? Array(argument.dropLast(word.count)) : argument
        case .replaced(let old, let new, let all): Self.replace(argument, old, all) { _ in new }
        case .replacedPrefix(let old, let new):
            argument.starts(with: old) ? new + argument.dropFirst(old.count) : argument
        case .replacedSuffix(let old, let new):
            Self.ends(argument, old) ? argument.dropLast(old.count) + new : argument
        case .letters(let word, let capital, let all):
            if all {
                Self.replace(argument, word, true) { Self.letters($0, capital: capital) }
            } else if argument.starts(with: word) {
                Self.letters(Array(word), capital: capital) + argument.dropFirst(word.count)
            } else {
                argument
            }
        }
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// - Parameter exactly: whether there is nothing to be done where there are fewer.
    private static func without(extensions count: Int, _ path: [UInt8], exactly: Bool) -> [UInt8] {
        var rest = path[...]
        for _ in 0..<count {
            guard let place = rest.lastIndex(of: dot), !rest[place...].contains(slash) else {
                return exactly ? path : Array(rest)
            }
            rest = rest[..<place]
        }
        return Array(rest)
    }

    private static func extensions(_ count: Int, _ path: [UInt8]) -> [UInt8] {
        let name = lastPart(path)
        let parts = name.split(separator: dot, omittingEmptySubsequences: false)
        guard parts.count > count else { return [] }
        return Array(parts.suffix(count).joined(separator: [dot]))
    }

    private static func lastPart(_ path: [UInt8]) -> [UInt8] {
        path.lastIndex(of: slash).map { Array(path[($0 + 1)...]) } ?? path
    }

    private static func directory(_ path: [UInt8]) -> [UInt8] {
        // As dirname(1): slashes at the end don't count.
        var parent = path[...]
        while parent.last == slash { parent.removeLast() }
        while let last = parent.last, last != slash { parent.removeLast() }
        while parent.last == slash { parent.removeLast() }
        return parent.isEmpty ? [path.first == slash ? slash : dot] : Array(parent)
    }

    private static func ends(_ text: [UInt8], _ word: [UInt8]) -> Bool {
        text.count >= word.count && text.suffix(word.count).elementsEqual(word)
    }

    private static func replace(
        _ text: [UInt8], _ old: [UInt8], _ all: Bool, _ new: ([UInt8]) -> [UInt8]
    ) -> [UInt8] {
        var result: [UInt8] = []
        var rest = text[...]
        while let byte = rest.first {
            if rest.starts(with: old) {
                result += new(old)
                rest = rest.dropFirst(old.count)
                if !all { break }
            } else {
                result.append(byte)
                rest.removeFirst()
            }
        }
        return result + rest
    }

    private static func letters(_ word: [UInt8], capital: Bool) -> [UInt8] {
        word.map { byte in
            switch byte {
            case 0x61...0x7A where capital: byte - 32
            case 0x41...0x5A where !capital: byte + 32
            default: byte
            }
        }
    }
}
