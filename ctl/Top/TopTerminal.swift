import Glibc
import Linux

/// The terminal while something is shown on all of it: a screen of its own, no cursor, and keys as they are pressed.
///
/// Whatever ends the showing gives back the terminal as it was.
struct TopTerminal: ~Copyable {
    /// What the terminal's input was set to; nil where there is no terminal to read from.
    private var before: termios?
    private var isShown = false

    /// Another screen, no cursor, long lines cut; and all of it back.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Takes the terminal.
    mutating func begin() throws(CommandError) {
        guard !isShown else { return }
        var settings = termios()
        if isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 {
            before = settings
            settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
        isShown = true
        try StandardOutput.write(Self.enter)
    }

    /// Gives it back.
    mutating func end() {
        guard isShown else { return }
        isShown = false
        // Whoever has closed the terminal needs nothing of it.
        try? StandardOutput.write(Self.leave)
        if var settings = before.take() { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
    }

    /// Draws `lines` over what was there.
    func draw(_ lines: [String]) throws(CommandError) {
        try StandardOutput.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Columns and rows.
    static var size: (columns: Int, rows: Int) {
        (Terminal.columns(STDOUT_FILENO) ?? Terminal.defaultWidth, Terminal.lines(STDOUT_FILENO) ?? 24)
    }
}
