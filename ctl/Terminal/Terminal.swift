import Glibc
import Report

/// When to use colours.
enum ColorChoice: String, CaseIterable, Sendable {
    case auto, always, never
}

/// What one of the standard streams can show.
struct Terminal {
    let style: TextStyle
    /// Whether a line can be drawn anew.
    let redraws: Bool

    /// Columns where the stream is no terminal, or a terminal that doesn't say.
    static let defaultWidth = 80

    /// What is known about the stream `descriptor` from the kernel and the environment.
    init(_ descriptor: Int32, color: ColorChoice) {
        self.init(
            isTerminal: isatty(descriptor) == 1, columns: Self.columns(descriptor), color: color,
            variable: Environment.value)
    }

    /// The rules alone: `NO_COLOR` and `TERM=dumb` turn colours off unless they are asked for, and a locale that isn't
    /// UTF-8 everything but ASCII.
    init(isTerminal: Bool, columns: Int?, color: ColorChoice, variable: (String) -> String?) {
        let dumb = variable("TERM") == nil || variable("TERM") == "dumb"
        let colored =
            switch color {
            case .always: true
            case .never: false
            case .auto: isTerminal && !dumb && variable("NO_COLOR") == nil
            }
        let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? ""
        style = TextStyle(color: colored, unicode: Self.isUTF8(locale), width: columns ?? Self.defaultWidth)
        redraws = isTerminal && !dumb
    }

    /// Whether a locale's name says `UTF-8` or `utf8`. By bytes: a search for a text takes a while to set up.
    private static func isUTF8(_ locale: String) -> Bool {
        let letters = locale.utf8.filter { $0 != UInt8(ascii: "-") }.map { $0 | 0x20 }
        return letters.indices.contains { letters[$0...].starts(with: "utf8".utf8) }
    }

    private static func columns(_ descriptor: Int32) -> Int? {
        size(descriptor).flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil }
    }

    /// How many lines the stream `descriptor` shows at once; nil where it is no terminal, or one that doesn't say.
    static func lines(_ descriptor: Int32) -> Int? {
        size(descriptor).flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil }
    }

    private static func size(_ descriptor: Int32) -> winsize? {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
    }
}
