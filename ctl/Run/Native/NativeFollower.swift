import Control
import FoundationEssentials
import Glibc
import Linux

/// Takes in what a run's functions have handed back while others are still called, in the order of the inputs, and shows it.
final class NativeFollower {
    let plan: NativePlan
    /// What has come of the task at hand.
    private var output: [UInt8] = []
    private var errors: [UInt8] = []

    init(_ plan: NativePlan) {
        self.plan = plan
    }

    /// Throws a ``CommandError``, or what `interruption` throws while a result is printed.
    func take(_ piece: Output, _ interruption: Interruption) throws {
        output += try Self.bytes(piece.stdout)
        errors += try Self.bytes(piece.stderr)
        guard let record = piece.record else { return }
        defer { (output, errors) = ([], []) }
        if record.status != "ok" {
            let words = errors.isEmpty ? record.reason ?? record.status : String(decoding: errors, as: UTF8.self)
            plan.complain(of: piece.task, words)
        } else if let directory = plan.directory {
            try output.withUnsafeBytes { bytes in try NativePlan.keep(bytes, of: piece.task, in: directory) }
        } else {
            let tag = plan.tag(piece.task)
            try interruption.write(tag + output + [UInt8(ascii: "\n")], to: STDOUT_FILENO)
        }
    }

    private static func bytes(_ text: String) throws(CommandError) -> [UInt8] {
        if text.isEmpty { return [] }
        guard let data = Data(base64Encoded: text) else {
            throw .client(.protocolViolation("a result is not base64"))
        }
        return Array(data)
    }
}

extension NativePlan {
    /// What a task's line begins with; nothing where lines aren't to be tagged.
    func tag(_ task: Int) -> [UInt8] { isTagged ? (items?.bytes(of: task) ?? []) + [UInt8(ascii: "\t")] : [] }

    /// A task, for a person: its input, or its number where it has none.
    func name(_ task: Int) -> String {
        items.map { "input \(task + 1) (\(CommandError.clean(String($0.text(of: task).prefix(100)))))" }
            ?? "task \(task)"
    }

    /// Says on standard error why a task has no result.
    func complain(of task: Int, _ reason: String) {
        StandardError.write("parctl: \(name(task)): \(CommandError.clean(reason))\n")
    }

    /// Puts a result into a file that is called by the number of its input, from 1, in a directory, which is made.
    static func keep(_ bytes: UnsafeRawBufferPointer, of task: Int, in directory: String) throws(CommandError) {
        if mkdir(directory, 0o777) != 0, errno != EEXIST { throw .exporting(path: directory, errno: errno) }
        let path = "\(directory)/\(task + 1)"
        do throws(SystemError) {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let file = Descriptor(owning: try system("open") { open(path, flags, 0o666) })
            try writeAll(file.raw, bytes)
            // Some file systems say only then that there was no room.
            try file.close()
        } catch {
            throw .exporting(path: path, errno: error.errno.rawValue)
        }
    }
}
