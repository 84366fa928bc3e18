import Control
import Glibc
import Report

/// The progress line on standard error: drawn when a run has lasted a while and somebody can see it, and erased at
/// the end.
struct ProgressDisplay {
    private var line: ProgressLine
    private let terminal: Terminal
    private let start: Int
    private var isDrawn = false

    /// Nanoseconds before the line first appears.
    private static let delay = 500_000_000
    /// Milliseconds between two drawings.
    private static let interval: Int32 = 100

    init(_ terminal: Terminal) {
        self.terminal = terminal
        start = Clock.now
        line = ProgressLine(now: start)
    }

    /// How long to wait for news before the line must be drawn, in milliseconds; -1 for ever.
    var patience: Int32 { terminal.redraws ? Self.interval : -1 }

    mutating func update(state: String, done: Int, total: Int) {
        line.update(state: state, done: done, total: total, now: Clock.now)
    }

    mutating func update(state: String) {
        update(state: state, done: line.done, total: line.total)
    }

    /// Draws the line if it is time to.
    mutating func draw() {
        let now = Clock.now
        guard terminal.redraws, now - start >= Self.delay else { return }
        StandardError.write("\r" + line.text(now: now, look: terminal.look) + "\u{1B}[K")
        isDrawn = true
    }

    /// Takes the line away.
    mutating func erase() {
        guard isDrawn else { return }
        StandardError.write("\r\u{1B}[K")
        isDrawn = false
    }
}
