import Control
import FoundationEssentials
import Glibc

/// Prints what commands have written, each whole before the next one.
struct OutputPrinter {
    /// Where commands' standard output goes.
    let output: Int32
    /// Whether the next byte begins a line, of either output of the task at hand.
    private var begins = (output: true, errors: true)
    private var tag: [UInt8]?

    init(output: Int32) {
        self.output = output
    }

    /// Prints a piece, however slow its reader is. The pieces of a task come one after the other.
    ///
    /// - Parameter tag: what each line begins with.
    ///
    /// Throws a ``CommandError``, or what `interruption` throws meanwhile.
    mutating func print(_ piece: Output, tag: [UInt8]?, _ interruption: Interruption) throws {
        let output = try Self.bytes(of: piece.stdout)
        let errors = try Self.bytes(of: piece.stderr)
        try print(output, errors, tag: tag, isLast: piece.record != nil, interruption)
    }

    mutating func print(
        _ output: [UInt8], _ errors: [UInt8], tag: [UInt8]?, isLast: Bool, _ interruption: Interruption
    ) throws {
        self.tag = tag.map { $0 + [UInt8(ascii: "\t")] }
        if !output.isEmpty { try interruption.write(tagged(output, begins: &begins.output), to: self.output) }
        if !errors.isEmpty { try interruption.write(tagged(errors, begins: &begins.errors), to: STDERR_FILENO) }
        if isLast { begins = (true, true) }
    }

    /// What a piece's `text`, which is in base64, says.
    static func bytes(of text: String) throws(CommandError) -> [UInt8] {
        guard !text.isEmpty else { return [] }
        guard let data = Data(base64Encoded: text) else { throw .unwritable("a command's output is not base64") }
        return Array(data)
    }

    private func tagged(_ bytes: [UInt8], begins: inout Bool) -> [UInt8] {
        guard let tag else { return bytes }
        var lines: [UInt8] = []
        for byte in bytes {
            if begins { lines += tag }
            lines.append(byte)
            begins = byte == UInt8(ascii: "\n")
        }
        return lines
    }
}
