import Bytes
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
            isTerminal: isatty(descriptor) == 1,
            columns: Self.columns(descriptor)
                ?? Environment.value("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil },
            color: color, variable: Environment.value)
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

    /// How wide the stream `descriptor` is by now; nil where it is no terminal, or one that doesn't say.
    static func columns(_ descriptor: Int32) -> Int? {
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

/// Where a command's texts for people go: standard output, or standard error while standard output is for data.
struct Audience {
    let style: TextStyle
    /// Lines that fit, less a few for what stands around.
    let rows: Int
    private let isBesideData: Bool

    init(isBesideData: Bool, color: ColorChoice) {
        self.isBesideData = isBesideData
        let descriptor = isBesideData ? STDERR_FILENO : STDOUT_FILENO
        style = Terminal(descriptor, color: color).style
        rows = Terminal.lines(descriptor).map { max($0 - 6, 8) } ?? TimelineText.defaultRows
    }

    func write(_ text: String) throws(CommandError) {
        if isBesideData { StandardError.write(text) } else { try StandardOutput.write(text) }
    }
}

/// The environment's variables. A variable that is empty counts as one that is not set.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cBytes: text)
    }

    /// The current directory, by its path. One that has been removed has the path that it had and `(deleted)` behind it,
    /// as the kernel shows it: nothing is there, and nothing may be done elsewhere instead.
    static var directory: String {
        if let path = getcwd(nil, 0) {
            defer { free(path) }
            return String(cBytes: path)
        }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/cwd", &buffer, buffer.count)
        if count > 0 { return String(bytes: buffer[..<count].map(UInt8.init(bitPattern:))) }
        return "/(the current directory can't be found out)"
    }
}
