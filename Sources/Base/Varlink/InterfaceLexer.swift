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
