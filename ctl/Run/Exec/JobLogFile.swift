import Bytes
import Control
import Glibc
import Linux

/// A file with a line for each command that has ended, in the form of GNU parallel's `--joblog`.
final class JobLogFile {
    private let path: String
    /// Whether it goes to standard output, where something may stand already.
    private let isOutput: Bool
    /// Whether what the file holds stays, and the run's lines come behind it.
    private let appends: Bool
    private let file: Descriptor
    private let resume: Resume
    /// When the run was accepted, in nanoseconds since 1970: what records count from.
    private var acceptedAt = 0
    /// The numbers of the commands that the file knew already and that are not to be run again.
    let known: Set<Int>
    /// What makes a whole log of one that was cut; nil where nothing has to be done.
    private let mending: JobLogMending?

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
            self =
                options["resume-failed"] != nil || options["retry-failed"] != nil
                ? .failed : options["resume"] != nil ? .all : .no
        }
    }

    /// Opens the file, which is made where there is none, and changes nothing in it.
    init(_ path: String, resume: Resume, appends: Bool = false) throws(CommandError) {
        self.path = path
        self.appends = appends
        self.resume = resume
        isOutput = path == "-"
        let raw =
            isOutput
            ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
            : open(path.cBytes, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard raw >= 0 else { throw .export(path: path, errno: errno) }
        file = Descriptor(owning: raw)
        guard resume != .no else {
            known = []
            mending = nil
            return
        }
        var known = try Self.known(in: raw, path, withFailed: resume == .all)
        mending = try JobLogMending(raw, path)
        // It has been run, and how it ended nobody knows any more.
        if let number = mending?.number {
            if resume == .all { known.insert(number) } else { known.remove(number) }
        }
        self.known = known
    }

    /// The numbers in the first column of a log. A command that was tried again has several lines, of which the last counts.
    private static func known(in file: Int32, _ path: String, withFailed: Bool) throws(CommandError) -> Set<Int> {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .input(path: path, reason: "it is not a regular file, so there is no joblog to go on with")
        }
        var known: Set<Int> = []
        try LineReader(file, named: path).read(end: UInt8(ascii: "\n"), longest: longestLine, thing: "line") {
            (line: ArraySlice<UInt8>) throws(CommandError) in
            // By bytes: a CR before the line's end would be one character with it.
            let fields = line.split(separator: UInt8(ascii: "\t"), maxSplits: 8, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 9, let number = Int(fields[0]) else { return }
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

    /// The commands in the log at `path` that failed and have not been run again with success, with their numbers and as shells' lines.
    static func failed(in path: String) throws(CommandError) -> [(number: Int, line: [UInt8])] {
        var failed: [Int: [UInt8]] = [:]
        try LineReader(path, named: path).read(end: UInt8(ascii: "\n"), longest: longestLine, thing: "line") {
            (line: ArraySlice<UInt8>) throws(CommandError) in
            let fields = line.split(separator: UInt8(ascii: "\t"), maxSplits: 8, omittingEmptySubsequences: false)
            guard fields.count == 9, let number = Int(String(decoding: fields[0], as: UTF8.self)) else { return }
            let isWell = fields[6].elementsEqual("0".utf8) && fields[7].elementsEqual("0".utf8)
            // Newlines stand there as NULs.
            failed[number] = isWell ? nil : fields[8].map { $0 == 0 ? UInt8(ascii: "\n") : $0 }
        }
        return failed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Begins the log of a run that has been accepted just now.
    func begin() throws(CommandError) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        acceptedAt = now.tv_sec * 1_000_000_000 + now.tv_nsec
        // What can't be cut, such as a pipe, has nothing in it either.
        if resume == .no, !isOutput, !appends { ftruncate(file.raw, 0) }
        if let mending {
            ftruncate(file.raw, mending.keptBytes)
            if !mending.addition.isEmpty { try add(mending.addition) }
        }
        var status = stat()
        // GNU parallel, too, puts none into a file that it adds to.
        if isOutput || (!appends && fstat(file.raw, &status) == 0 && status.st_size == 0) {
            try add(Array(Self.heading.utf8))
        }
    }

    /// Adds the line of a command.
    ///
    /// - Parameter number: the argument's, from 1.
    func add(_ record: Record, number: Int, line: [UInt8]) throws(CommandError) {
        guard record.status != "cancelled" else { return }
        let command = record.command
        // One that was told to end and made the best of it has failed all the same, and so has one whose output is lost.
        let isWell = command?.cause == nil && (record.status == "ok" || command.map { $0.exitCode != 0 } == true)
        // What a signal has ended has 0 here, and the signal in the next column.
        let exitCode = command.map { $0.signal > 0 && $0.cause == nil ? 0 : $0.exitCode }
        let code = isWell ? exitCode ?? 0 : record.status == "failed" && command == nil ? 1 : -1
        let written = command?.stdoutBytes ?? record.detail?["stdout_bytes"] ?? 0
        let fields = [
            String(number), ":", Self.seconds(acceptedAt + record.start), Self.seconds(record.stop - record.start), "0",
            String(written), String(code), String(command?.signal ?? 0),
        ]
        try add(Array((fields.joined(separator: "\t") + "\t").utf8) + Self.oneColumn(line) + [0x0A])
    }

    /// `line` without what would end its column or its line: a newline is a NUL, as GNU parallel has it, a tab `\t` and
    /// a CR `\r`.
    static func oneColumn(_ line: [UInt8]) -> [UInt8] {
        var column: [UInt8] = []
        column.reserveCapacity(line.count)
        for byte in line {
            switch byte {
            case UInt8(ascii: "\n"): column.append(0)
            case UInt8(ascii: "\t"): column += Array("\\t".utf8)
            case UInt8(ascii: "\r"): column += Array("\\r".utf8)
            default: column.append(byte)
            }
        }
        return column
    }

    private func add(_ bytes: [UInt8]) throws(CommandError) {
        do throws(SystemError) {
            try writeAll(file.raw, bytes)
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

/// What has to be done to a log whose last line was cut, by a crash or a full disk, before anything is added to it.
struct JobLogMending: Equatable {
    /// Bytes of the file that stay.
    let keptBytes: Int
    /// What comes behind them.
    let addition: [UInt8]
    /// The command of the last line, of whose end nothing is known; nil where something is, or nothing at all.
    let number: Int?

    /// Bytes of what was cut that are looked at: longer than what stands in front of a command.
    private static let longestTail = 1 << 24

    /// Nil where the log is whole.
    init?(_ file: Int32, _ path: String) throws(CommandError) {
        let size = lseek(file, 0, SEEK_END)
        guard size > 0 else { return nil }
        let count = min(Int(size), Self.longestTail)
        var tail = [UInt8](repeating: 0, count: count)
        guard pread(file, &tail, count, size - off_t(count)) == count else {
            throw .input(path: path, reason: SystemFault.text(errno))
        }
        self.init(tail, from: Int(size) - count)
    }

    /// - Parameters:
    ///   - tail: the end of a log.
    ///   - offset: bytes of the log before it.
    init?(_ tail: [UInt8], from offset: Int) {
        guard let last = tail.last, last != UInt8(ascii: "\n") else { return nil }
        let start = tail.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let fields = tail[start...].split(separator: UInt8(ascii: "\t"), maxSplits: 8, omittingEmptySubsequences: false)
        let number = Int(String(decoding: fields[0], as: UTF8.self))
        guard fields.count > 1, let number, number > 0 else {
            // A heading, or a number of which nobody knows whether it is all.
            keptBytes = offset + start
            addition = []
            self.number = nil
            return
        }
        if fields.count == 9 {
            // Only the command is cut.
            keptBytes = offset + tail.count
            addition = [UInt8(ascii: "\n")]
            self.number = nil
            return
        }
        // The last one of them may be cut, too.
        var whole = fields.dropLast().map(Array.init)
        let unknown = ["0", ":", "     0.000", "     0.000", "0", "0", "-1", "0", ""].map { Array($0.utf8) }
        whole += unknown[whole.count...]
        keptBytes = offset + start
        addition = Array(whole.joined(separator: [UInt8(ascii: "\t")])) + [UInt8(ascii: "\n")]
        // Where its exit code stands there and is whole, that counts; its signal may be missing.
        self.number = number
    }
}
