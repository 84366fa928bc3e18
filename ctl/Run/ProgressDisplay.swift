import Control
import Glibc
import Linux
import Report

/// The progress line on standard error: drawn when a run has lasted a while and somebody can see it, and erased at
/// the end.
struct ProgressDisplay {
    private var line: ProgressLine
    private let terminal: Terminal
    private let start: Int

    /// Nanoseconds before the line first appears.
    private static let delay = 500_000_000
    /// Milliseconds between two drawings.
    private static let interval: Int32 = 100

    /// What stands before the line: then it appears at once.
    private let label: String?

    init(_ terminal: Terminal, label: String? = nil) {
        self.terminal = terminal
        self.label = label
        start = Int(Monotonic.now())
        line = ProgressLine(now: start)
    }

    /// How long to wait for news before the line must be drawn, in milliseconds; -1 for ever.
    var patience: Int32 { terminal.redraws ? Self.interval : -1 }

    mutating func update(state: String, done: Int, total: Int) {
        line.update(state: state, done: done, total: total, now: Int(Monotonic.now()))
    }

    mutating func update(state: String) {
        update(state: state, done: line.done, total: line.total)
    }

    /// Draws the line if it is time to.
    mutating func draw() {
        let now = Int(Monotonic.now())
        let isYoung = now - start < Self.delay
        guard terminal.redraws, label != nil || !isYoung, StandardError.hasRoom else { return }
        var style = terminal.style
        style.width = Terminal.columns(STDERR_FILENO) ?? style.width
        let width = style.width
        var prefix = ""
        if let label, label.count + 2 < style.width {
            prefix = label + "  "
            style.width -= prefix.count
        }
        let text = isYoung ? "" : line.text(now: now, style: style)
        style.color = false
        let columns = prefix.count + (isYoung ? 0 : line.text(now: now, style: style).count)
        DrawnLine.draw(prefix + text, columns: columns, width: width)
    }

    /// Takes the line away.
    func erase() { DrawnLine.erase() }
}
