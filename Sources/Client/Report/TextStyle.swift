import Bytes

/// What the place that a text goes to can show.
public struct TextStyle: Sendable, Equatable {
    /// Whether ANSI colours may be used.
    public var color: Bool
    /// Whether anything beyond ASCII may be used.
    public var unicode: Bool
    /// Columns.
    public var width: Int

    public init(color: Bool, unicode: Bool, width: Int) {
        self.color = color
        self.unicode = unicode
        self.width = width
    }

    /// What a text is painted in, of the terminal's own palette.
    public enum Ink: String, Sendable {
        case plain = ""
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    /// `text` in `ink`, or as it is where there is no colour.
    public func paint(_ text: String, _ ink: Ink) -> String {
        color && ink != .plain && !text.isEmpty ? "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Between the parts of a line.
    var separator: String { unicode ? " · " : " | " }
    var times: String { unicode ? "×" : "x" }
    var ellipsis: String { unicode ? "…" : "..." }

    func duration(_ nanoseconds: Int) -> String {
        Units.duration(nanoseconds, unicode: unicode)
    }

    /// A bar that is `share` (0…1) of `columns` long, without padding. A share that is there shows something.
    func bar(_ share: Double, columns: Int) -> String {
        let share = min(max(share.isFinite ? share : 0, 0), 1)
        guard unicode else {
            return String(repeating: "#", count: share > 0 ? max(Int((share * Double(columns)).rounded()), 1) : 0)
        }
        let eighths = Int((share * Double(columns) * 8).rounded())
        guard share > 0, eighths > 0 else { return share > 0 ? "▏" : "" }
        let part = eighths % 8
        return String(repeating: "█", count: eighths / 8)
            + (part > 0 ? ["▏", "▎", "▍", "▌", "▋", "▊", "▉"][part - 1] : "")
    }

    /// What our own texts have beyond ASCII, spelled in ASCII.
    private static func spelled(_ scalar: Unicode.Scalar) -> Character? {
        switch scalar {
        case "µ": "u"
        case "×": "x"
        case "·": "|"
        case "–": "-"
        default: nil
        }
    }

    /// `text` on one line that no terminal takes for a command: control characters and bytes that are no text are escaped, and
    /// with an ASCII style what can't be spelled in ASCII becomes `?`. Cut to `limit` columns.
    public func clean(_ text: String, limit: Int = .max) -> String {
        // As most of a million records' texts are.
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        let clean = isPlain ? text : escaped(text)
        guard clean.count > limit else { return clean }
        return String(clean.prefix(max(limit - ellipsis.count, 0))) + ellipsis
    }

    private func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar == "…", !unicode {
                escaped += ellipsis
            } else if let escape = ShownText.escape(of: scalar) {
                escaped += escape
            } else if unicode || scalar.isASCII {
                escaped.unicodeScalars.append(scalar)
            } else {
                escaped.append(Self.spelled(scalar) ?? "?")
            }
        }
        return escaped
    }

    /// `parts` joined by the separator, broken before a part that would pass the width, and within one that is longer than a
    /// line; lines after the first are indented by `indent`, as the first one is taken to be already.
    func flow(_ parts: [String], indent: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        let room = max(width - indent, 8)
        for part in parts.flatMap({ $0.count > room ? flow(words: $0, width: room) : [$0] }) {
            if line.isEmpty {
                line = part
            } else if indent + line.count + separator.count + part.count <= width {
                line += separator + part
            } else {
                lines.append(line)
                line = part
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines.enumerated().map {
            $0.offset == 0 ? $0.element : String(repeating: " ", count: indent) + $0.element
        }
    }
}
