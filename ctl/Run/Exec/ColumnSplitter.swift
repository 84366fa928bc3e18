import Bytes
import Glibc

/// Splits an argument into columns, at a text or at what a regular expression matches (`--colsep`).
final class ColumnSplitter {
    private let text: [UInt8]
    private var expression: regex_t?

    /// Nil where `pattern` is no regular expression.
    init?(_ pattern: String) {
        let bytes = pattern.bytes
        let unescaped = ExecOptions.unescaped(bytes)
        // A single sign stands for itself, as people type it: '|'.
        let isPlain =
            (bytes.count == 1 && bytes != [UInt8(ascii: ".")])
            || !unescaped.contains(where: Set("\\*?[]()|^$+{}.".utf8).contains)
        guard !isPlain, !bytes.isEmpty else {
            text = unescaped
            return
        }
        text = []
        var expression = regex_t()
        guard let extended = Self.extended(pattern), regcomp(&expression, extended.cBytes, REG_EXTENDED) == 0 else {
            return nil
        }
        self.expression = expression
    }

    deinit {
        if var expression { regfree(&expression) }
    }

    /// The letters behind a backslash that the C library knows, too.
    private static let known = Set("sSwWbB<>")

    /// `pattern`, with what Perl and POSIX spell in different ways as POSIX does; nil where only Perl knows it.
    private static func extended(_ pattern: String) -> String? {
        var text = ""
        var isEscaped = false
        for letter in pattern {
            if isEscaped {
                switch letter {
                case "t": text += "\t"
                case "n": text += "\n"
                case "d": text += "[0-9]"
                case "D": text += "[^0-9]"
                case "h": text += "[ \t]"
                case _ where letter.isLetter && !known.contains(letter): return nil
                default: text += "\\\(letter)"
                }
                isEscaped = false
            } else if letter == "\\" {
                isEscaped = true
            } else {
                text.append(letter)
            }
        }
        return text
    }

    func columns(of argument: [UInt8]) -> [[UInt8]] {
        guard expression != nil else { return split(argument) }
        var columns: [[UInt8]] = []
        var rest = argument[...]
        while let match = match(rest), match.count > 0 {
            columns.append(Array(rest[..<match.lowerBound]))
            rest = rest[match.upperBound...]
        }
        return columns + [Array(rest)]
    }

    private func split(_ argument: [UInt8]) -> [[UInt8]] {
        guard let first = text.first else { return [argument] }
        if text.count == 1 {
            return argument.split(separator: first, omittingEmptySubsequences: false).map(Array.init)
        }
        var columns: [[UInt8]] = []
        var column: [UInt8] = []
        var rest = argument[...]
        while let byte = rest.first {
            if rest.starts(with: text) {
                columns.append(column)
                column = []
                rest = rest.dropFirst(text.count)
            } else {
                column.append(byte)
                rest.removeFirst()
            }
        }
        return columns + [column]
    }

    /// The place of the first match.
    private func match(_ text: ArraySlice<UInt8>) -> Range<Int>? {
        guard var expression else { return nil }
        var terminated = Array(text).map(CChar.init(bitPattern:))
        terminated.append(0)
        var found = regmatch_t()
        guard regexec(&expression, terminated, 1, &found, 0) == 0 else { return nil }
        return (text.startIndex + Int(found.rm_so))..<(text.startIndex + Int(found.rm_eo))
    }
}
