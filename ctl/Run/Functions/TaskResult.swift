import Bytes
import Catalogue
import Control
import Glibc
import Linux

/// How a task's result, or why it has none, is shown, whether that comes while others are at work or at the end.
extension FunctionPlan {
    /// What a task's line begins with; nothing where lines aren't to be tagged.
    func tag(_ task: Int) -> [UInt8] { isTagged ? (items?.bytes(of: task) ?? []) + [UInt8(ascii: "\t")] : [] }

    /// What is printed for a result of no bytes, which of Python is None.
    var nothing: [UInt8] { interpreter == nil ? [] : Array("null".utf8) }

    /// Says on standard error why a task has no result.
    func complain(of task: Int, _ reason: [UInt8]) {
        let name =
            items.map { items in
                let shown = CommandError.clean(String(Secrets.hidden(in: items.text(of: task)).prefix(100)))
                return "input \(items.number(of: task)) (\(shown))"
            }
            ?? "task \(task + 1)"
        StandardError.write("parctl: \(name): \(complaints.text(reason))\n")
    }

    /// Puts a result into a file that is called by the number of its input, from 1, in a directory, which is made.
    func keep(_ result: UnsafeRawBufferPointer, of task: Int, in directory: String) throws(CommandError) {
        _ = try MadeFolders(directory)
        let path = "\(directory)/\(task + 1)"
        do throws(SystemError) {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let file = Descriptor(owning: try system("open") { open(path.cBytes, flags, 0o666) })
            try writeAll(file.raw, result)
            // Some file systems say only then that there was no room.
            try file.close()
        } catch {
            throw .exporting(path: path, errno: error.errno.rawValue)
        }
    }
}

/// The reasons of tasks that failed, as they are told. One of several lines is told in full once; after that, its first line is.
final class Complaints {
    /// So many reasons are told in full.
    private static let longReasons = 16

    private var told: Set<[UInt8]> = []

    func text(_ reason: [UInt8]) -> String {
        let isNew = told.count < Self.longReasons && told.insert(reason).inserted
        let lines = reason.split(separator: UInt8(ascii: "\n")).map { String(bytes: $0) }
        return lines.prefix(isNew ? lines.count : 1).map(CommandError.clean).joined(separator: "\n")
    }
}
