import Control
import Glibc
import Linux

/// A file with a line for each command that has ended, in the form of GNU parallel's `--joblog`.
final class JobLogFile {
    private let path: String
    private let file: Descriptor
    private let resume: Resume
    /// When the run was accepted, in nanoseconds since 1970: what records count from.
    private var acceptedAt = 0
    /// The numbers of the commands that the file knew already and that are not to be run again.
    let known: Set<Int>

    private static let heading = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

    /// What becomes of the lines that the file has.
    enum Resume {
        /// They are dropped, as GNU parallel does.
        case no
        /// They stay, and their commands are not run again.
        case all
        /// They stay, and those of their commands that failed are run again.
        case failed

        /// As the options say.
        init(_ options: ClientOptions) {
            self = options["resume-failed"] != nil ? .failed : options["resume"] != nil ? .all : .no
        }
    }

    /// Opens the file, which is made where there is none, and changes nothing in it.
    init(_ path: String, resume: Resume) throws(CommandError) {
        self.path = path
        self.resume = resume
        let raw = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard raw >= 0 else { throw .export(path: path, errno: errno) }
        file = Descriptor(owning: raw)
        known = resume == .no ? [] : try Self.known(in: raw, path, withFailed: resume == .all)
    }

    /// The numbers in the first column of a log. A command that was tried again has several lines, of which the last counts.
    private static func known(in file: Int32, _ path: String, withFailed: Bool) throws(CommandError) -> Set<Int> {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .input(path: path, reason: "it is no regular file, and so no joblog to go on with")
        }
        var known: Set<Int> = []
        try LineReader(file, named: path).read(end: UInt8(ascii: "\n"), longest: longestLine, thing: "line") {
            (line: ArraySlice<UInt8>) throws(CommandError) in
            // By bytes: a CR before the line's end would be one character with it.
            let fields = line.split(separator: UInt8(ascii: "\t"), maxSplits: 8, omittingEmptySubsequences: false)
                .prefix(8).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count >= 8, let number = Int(fields[0]) else { return }
            if withFailed || (fields[6] == "0" && fields[7] == "0") {
                known.insert(number)
            } else {
                known.remove(number)
            }
        }
        return known
    }

    /// Bytes of a line: a command of the longest call, and what stands before it.
    private static let longestLine = CallSize.limit + 1024

    /// Begins the log of a run that has been accepted just now.
    func begin() throws(CommandError) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        acceptedAt = now.tv_sec * 1_000_000_000 + now.tv_nsec
        // What can't be cut, such as a pipe, has nothing in it either.
        if resume == .no { ftruncate(file.raw, 0) }
        var status = stat()
        if fstat(file.raw, &status) == 0, status.st_size == 0 { try add(Self.heading) }
    }

    /// Adds the line of a command.
    ///
    /// - Parameter number: the argument's, from 1.
    func add(_ record: Record, number: Int, line: String) throws(CommandError) {
        guard record.status == "ok" || record.status == "failed" else { return }
        let command = record.command
        // One that was told to end and made the best of it has failed all the same.
        let code = command.map { $0.cause == nil ? $0.exitCode : -1 } ?? (record.status == "ok" ? 0 : 1)
        let written = command?.stdoutBytes ?? record.detail?["stdout_bytes"] ?? 0
        let fields = [
            String(number), ":", Self.seconds(acceptedAt + record.start), Self.seconds(record.stop - record.start), "0",
            String(written), String(code), String(command?.signal ?? 0),
            Self.oneColumn(line),
        ]
        try add(fields.joined(separator: "\t") + "\n")
    }

    /// `line` without what would end its column or its line: a newline is a NUL, as GNU parallel has it, a tab `\t` and
    /// a CR `\r`.
    static func oneColumn(_ line: String) -> String {
        var column = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            switch scalar {
            case "\n": column.append("\0")
            case "\t": column += "\\t".unicodeScalars
            case "\r": column += "\\r".unicodeScalars
            default: column.append(scalar)
            }
        }
        return String(column)
    }

    private func add(_ text: String) throws(CommandError) {
        do throws(SystemError) {
            try writeAll(file.raw, Array(text.utf8))
        } catch {
            throw .exporting(path: path, errno: error.errno.rawValue)
        }
    }

    /// Seconds with three decimals, at the right of ten columns.
    private static func seconds(_ nanoseconds: Int) -> String {
        let milliseconds = (nanoseconds + 500_000) / 1_000_000
        let fraction = String(milliseconds % 1000)
        let text = "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
        return String(repeating: " ", count: max(10 - text.count, 0)) + text
    }
}
