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

    /// Prints a piece. The pieces of a task come one after the other.
    mutating func print(_ piece: Output) throws(Failure) {
        try print(piece.stdout, of: piece.task, to: output, begins: &begins.output)
        try print(piece.stderr, of: piece.task, to: STDERR_FILENO, begins: &begins.errors)
        if piece.record != nil { begins = (true, true) }
    }

    private func print(
        _ text: String, of task: Int, to descriptor: Int32, begins: inout Bool
    ) throws(Failure) {
        guard !text.isEmpty else { return }
        guard let data = Data(base64Encoded: text) else { throw .unwritable("a command's output is not base64") }
        var bytes = Array(data)
        if let tag { bytes = tagged(bytes, by: Array((tag(task) + "\t").utf8), begins: &begins) }
        let number = bytes.withUnsafeBytes { writeAll(descriptor, $0) }
        if number != 0 { throw .output(errno: number) }
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
