import Control
import Glibc

/// A file with a line for each command that has ended, in the form of GNU parallel's `--joblog`.
final class JobLog {
    private let path: String
    private let file: Int32
    /// When the run was accepted, in nanoseconds since 1970: what records count from.
    var acceptedAt = 0
    /// The numbers of the commands that the file knew already.
    let known: Set<Int>

    private static let heading = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

    /// Opens the file, which is made where there is none.
    ///
    /// - Parameter resumes: whether it goes on; otherwise what was in it is dropped, as GNU parallel does.
    init(_ path: String, resumes: Bool) throws(Failure) {
        self.path = path
        file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (resumes ? 0 : O_TRUNC), 0o666)
        guard file >= 0 else { throw .export(path: path, errno: errno) }
        var text = ""
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &block, block.count)
            if count <= 0 { break }
            text += String(decoding: block[..<count], as: UTF8.self)
        }
        known = Set(text.split(separator: "\n").compactMap { $0.split(separator: "\t").first.flatMap { Int($0) } })
        if text.isEmpty { try add(Self.heading) }
    }

    deinit {
        close(file)
    }

    /// Adds the line of a command.
    ///
    /// - Parameter number: the argument's, from 1.
    func add(_ record: Record, number: Int, line: String) throws(Failure) {
        guard record.status == "ok" || record.status == "failed", let command = record.command else { return }
        let fields = [
            String(number), ":", Self.seconds(acceptedAt + record.start), Self.seconds(record.stop - record.start), "0",
            String(command.stdoutBytes), String(command.exitCode), String(command.signal), line,
        ]
        try add(fields.joined(separator: "\t") + "\n")
    }

    private func add(_ text: String) throws(Failure) {
        let number = Array(text.utf8).withUnsafeBytes { writeAll(file, $0) }
        if number != 0 { throw .exporting(path: path, errno: number) }
    }

    /// Seconds with three decimals, at the right of ten columns.
    private static func seconds(_ nanoseconds: Int) -> String {
        let milliseconds = (nanoseconds + 500_000) / 1_000_000
        let fraction = String(milliseconds % 1000)
        let text = "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
        return String(repeating: " ", count: max(10 - text.count, 0)) + text
    }
}
