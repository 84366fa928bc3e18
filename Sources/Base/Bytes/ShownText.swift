/// What people are shown of a text that may hold anything.
public enum ShownText {
    /// Whether a terminal, or its reader, could take `scalar` for a command: control characters, and those that no one sees
    /// but which end a line or turn the order of what follows.
    public static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7F...0x9F, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFF9...0xFFFB,
            0xE0000...0xE007F:
            true
        default: false
        }
    }

    /// What is not to be shown as it is, spelled as in a program: `\n`, `\e`, `\x07`, `\u{202e}`; and bytes that are no text, see
    /// ``ByteText``: `\xff`. Nil for what can be shown.
    public static func escape(of scalar: Unicode.Scalar) -> String? {
        if let byte = ByteText.byte(of: scalar) { return "\\x" + digits(UInt32(byte)) }
        guard isHarmful(scalar) else { return nil }
        switch scalar {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        case "\u{1B}": return "\\e"
        default: return scalar.isASCII ? "\\x" + digits(scalar.value) : "\\u{" + digits(scalar.value) + "}"
        }
    }

    private static func digits(_ number: UInt32) -> String {
        (number < 16 ? "0" : "") + String(number, radix: 16)
    }

    /// `text` with the bytes that are no text escaped, and all else as it is.
    public static func text(_ text: String) -> String {
        guard text.utf8.contains(ByteText.lead) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if let byte = ByteText.byte(of: scalar) {
                shown += "\\x" + digits(UInt32(byte))
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// `text` on one line, with all such escaped.
    public static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            if let escape = escape(of: scalar) { line += escape } else { line.unicodeScalars.append(scalar) }
        }
        return line
    }
}
