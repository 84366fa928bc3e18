/// Cuts an interface description into words and marks; passes over white space and comments.
struct InterfaceLexer {
    enum Token: Equatable {
        /// A keyword, or a name with letters, digits, dots, hyphens and underscores.
        case word(String)
        /// One of `( ) [ ] : , ?` or the arrow `->`.
        case mark(String)
        case end

        var text: String {
            switch self {
            case .word(let text), .mark(let text): "'\(text)'"
            case .end: "the end"
            }
        }
    }

    private let bytes: [UInt8]
    private var index = 0
    /// The line of the next token, from 1.
    private var line = 1

    init(_ source: String) {
        bytes = Array(source.utf8)
    }

    /// The next token and the line that it is on.
    mutating func next() throws(InterfaceError) -> (token: Token, line: Int) {
        skipSpace()
        guard index < bytes.count else { return (.end, line) }
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "-") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: ">"):
            index += 2
            return (.mark("->"), line)
        case let byte where "()[]:,?".utf8.contains(byte):
            index += 1
            return (.mark(String(Unicode.Scalar(byte))), line)
        case let byte where Self.isWord(byte):
            while index < bytes.count, Self.isWord(bytes[index]), !isArrow(at: index) { index += 1 }
            return (.word(String(decoding: bytes[start..<index], as: UTF8.self)), line)
        default:
            throw InterfaceError(line: line, reason: "a character that has no place here")
        }
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                line += 1
                index += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            case UInt8(ascii: "#"):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
            default:
                return
            }
        }
    }

    private func isArrow(at index: Int) -> Bool {
        bytes[index] == UInt8(ascii: "-") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: ">")
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        InterfaceNames.isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }
}

/// How names are spelled: https://varlink.org/Interface-Definition
enum InterfaceNames {
    static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isCapital(byte)
    }

    static func isCapital(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The name of a type, method or error: a capital, then letters and digits.
    static func isMember(_ name: String) -> Bool {
        name.utf8.first.map(isCapital) == true && name.utf8.allSatisfy(isAlphanumeric)
    }

    /// The name of a field: letters and digits, a letter first, with single underscores between them.
    static func isField(_ name: String) -> Bool {
        let words = name.split(separator: "_", omittingEmptySubsequences: false)
        return name.utf8.first.map(isLetter) == true
            && words.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isAlphanumeric) }
    }

    /// The name of an interface: two or more labels joined by dots, the first starting with a letter; hyphens only inside a
    /// label.
    static func isInterface(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && name.utf8.first.map(isLetter) == true
            && labels.allSatisfy { label in
                label.utf8.first.map(isAlphanumeric) == true && label.utf8.last.map(isAlphanumeric) == true
                    && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            }
    }
}

/// A place where an interface description is not as the language wants it.
public struct InterfaceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counts from 1.
    public let line: Int
    public let reason: String

    public var description: String { "line \(line): \(reason)" }
}
