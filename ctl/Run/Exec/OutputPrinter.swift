import Control
import FoundationEssentials
import Glibc

/// Prints what commands have written, each whole before the next one.
struct OutputPrinter {
    /// Where commands' standard output goes.
    let output: Int32
    /// What each line begins with, by task; nil for nothing.
    let tag: ((Int) -> String)?
    /// Whether the next byte begins a line, of either output of the task at hand.
    private var begins = (output: true, errors: true)

    init(output: Int32, tag: ((Int) -> String)?) {
        self.output = output
        self.tag = tag
    }

    /// Prints a piece, however slow its reader is. The pieces of a task come one after the other.
    ///
    /// Throws a ``CommandError``, or what `interruption` throws meanwhile.
    mutating func print(_ piece: Output, _ interruption: Interruption) throws {
        let output = try text(piece.stdout, of: piece.task, begins: &begins.output)
        let errors = try text(piece.stderr, of: piece.task, begins: &begins.errors)
        try interruption.write(output, to: self.output)
        try interruption.write(errors, to: STDERR_FILENO)
        if piece.record != nil { begins = (true, true) }
    }

    /// What is to be written for a piece's `text`, which is in base64.
    private func text(_ text: String, of task: Int, begins: inout Bool) throws(CommandError) -> [UInt8] {
        guard !text.isEmpty else { return [] }
        guard let data = Data(base64Encoded: text) else { throw .unwritable("a command's output is not base64") }
        guard let tag else { return Array(data) }
        return tagged(Array(data), by: Array((tag(task) + "\t").utf8), begins: &begins)
    }

    private func tagged(_ bytes: [UInt8], by tag: [UInt8], begins: inout Bool) -> [UInt8] {
        var lines: [UInt8] = []
        for byte in bytes {
            if begins { lines += tag }
            lines.append(byte)
            begins = byte == UInt8(ascii: "\n")
        }
        return lines
    }
}
