import Glibc
import Report

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
