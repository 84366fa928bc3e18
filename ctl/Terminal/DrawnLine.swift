import Glibc
import Linux
import Synchronization

/// The progress line as the terminal has it now. Whatever else is written there takes it away first, and while something else
/// stands on the terminal's last line, it is not drawn: so it never meets what commands and messages write.
enum DrawnLine {
    /// How many columns it takes; 0 where it isn't there.
    private static let columns = Atomic<Int>(0)
    /// Whether the last line of the terminal was begun by something else and has not ended.
    private static let isTaken = Atomic<Bool>(false)
    private static let terminals = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO].map { isatty($0) == 1 }

    /// Draws `text`, of `columns` columns, in the place of what was drawn before.
    ///
    /// - Parameter width: of the terminal by now.
    static func draw(_ text: String, columns: Int, width: Int) {
        guard !isTaken.load(ordering: .relaxed), isInForeground else { return }
        let before = Self.columns.exchange(max(columns, 1), ordering: .relaxed)
        send(start(over: before, width: width) + text + "\u{1B}[K")
    }

    /// Whether the terminal is this program's: behind a '&' it is the shell's, and somebody may be typing there.
    private static var isInForeground: Bool {
        let group = tcgetpgrp(STDERR_FILENO)
        return group < 0 || group == getpgrp()
    }

    /// Takes it away.
    static func erase() {
        let before = columns.exchange(0, ordering: .relaxed)
        guard before > 0 else { return }
        send(start(over: before, width: Terminal.columns(STDERR_FILENO) ?? before) + "\u{1B}[K")
    }

    /// Makes room for what is written to `descriptor` next.
    static func giveWay(to bytes: some BidirectionalCollection<UInt8>, on descriptor: Int32) {
        guard terminals.indices.contains(Int(descriptor)), terminals[Int(descriptor)], let last = bytes.last else {
            return
        }
        erase()
        isTaken.store(last != UInt8(ascii: "\n"), ordering: .relaxed)
    }

    /// Leads to the beginning of a line of so many columns, and clears what lies behind it. A terminal that has become
    /// narrower has broken the line, unless it is xterm, which cuts lines instead.
    private static func start(over columns: Int, width: Int) -> String {
        let rows = width > 0 && Environment.value("XTERM_VERSION") == nil ? (max(columns, 1) - 1) / width : 0
        return rows > 0 ? "\r\u{1B}[\(rows)A\u{1B}[J" : "\r"
    }

    /// A terminal that can't be written has nobody to show it to.
    private static func send(_ text: String) { try? writeAll(STDERR_FILENO, Array(text.utf8)) }
}
