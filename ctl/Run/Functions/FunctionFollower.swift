import Control
import FoundationEssentials
import Glibc

/// Takes in what the functions of a run print and hand back and how they end, while they do. Standard output is for their results,
/// so that all they print goes to standard error.
final class FunctionFollower: RunFollower {
    private let plan: FunctionPlan
    private var printer: OutputPrinter

    init(_ plan: FunctionPlan) {
        self.plan = plan
        printer = OutputPrinter(output: STDERR_FILENO)
    }

    func begin() throws(CommandError) {
        try plan.log?.begin()
    }

    func take(_ piece: Output, _ interruption: Interruption) throws {
        let tag = plan.isTagged ? plan.items.map { Array($0.bytes(of: piece.task)) } ?? [] : nil
        try printer.print(piece, tag: tag, interruption)
        guard let record = piece.record, let log = plan.log else { return }
        let task = piece.task
        let line = plan.items.map { Array($0.bytes(of: task)) } ?? []
        try log.add(record, number: plan.items?.number(of: task) ?? task + 1, line: line)
    }

    func take(early results: [Output], _ interruption: Interruption) throws {
        var lines: [UInt8] = []
        for piece in results {
            let (result, reason) = (try Self.bytes(piece.stdout), try Self.bytes(piece.stderr))
            if let record = piece.record, record.status != "ok" {
                plan.complain(of: piece.task, reason.isEmpty ? Array((record.reason ?? record.status).utf8) : reason)
            } else if let directory = plan.directory {
                try result.withUnsafeBytes { bytes in try plan.keep(bytes, of: piece.task, in: directory) }
            } else {
                lines += plan.tag(piece.task) + (result.isEmpty ? plan.nothing : result) + [UInt8(ascii: "\n")]
            }
        }
        try interruption.write(lines, to: STDOUT_FILENO)
    }

    private static func bytes(_ text: String) throws(CommandError) -> [UInt8] {
        if text.isEmpty { return [] }
        guard let data = Data(base64Encoded: text) else {
            throw .client(.protocolViolation("a result is not base64"))
        }
        return Array(data)
    }
}
