/// What the daemon and the zygote say to each other: messages of 32-bit words.
///
/// | request | reply |
/// | --- | --- |
/// | `fork` or `exec`, then the slot and the ticket of each new process | for each in order: a pid, or an errno negated |
/// | `script`, with one end of a socket | the pid of a process that waits at it, or an errno negated |
/// | `ping` | `ping`; or ``refusal``, the bytes of a text, and the text, where the zygote can't be what it was to be |
///
/// Before its first answer a zygote may tell what it is made of, a ``RuntimeReport`` in pieces.
public enum ZygoteProtocol {
    /// The first word of a request.
    public enum Request: UInt32, Sendable {
        case fork = 1
        case exec = 2
        case ping = 3
        /// One process that is no worker: it waits at the socket that comes with the request until it is sent a script.
        case script = 6
    }

    /// The descriptors that come through that socket with the one message, an empty word, by their places. Where the other end
    /// is closed without one, the process ends.
    public enum ScriptFile: Int, CaseIterable, Sendable {
        case input, output, errors
        /// Where the script begins.
        case directory
        /// See ``Linux/Claim``: who has taken it runs the script, and nobody else does.
        case claim
        /// What is to be run and how, as `script_order.py` reads it.
        case order
    }

    /// The first word of a zygote's only answer, where it could not load what its workers need. It does nothing more then,
    /// and ends when the daemon hangs up.
    public static let refusal: UInt32 = 4
    /// Bytes of a refusal's text that are sent.
    public static let refusalLimit = 1024
    /// The most words that an answer has.
    public static let answerLimit = 2 + refusalLimit / MemoryLayout<UInt32>.size

    /// The message that says why the zygote can't be what it was to be.
    public static func refusal(_ reason: String) -> [UInt32] {
        let bytes = Array(reason.utf8.prefix(refusalLimit))
        var words = [UInt32](repeating: 0, count: answerLimit)
        words[0] = refusal
        words[1] = UInt32(bytes.count)
        words.withUnsafeMutableBytes { $0[8...].copyBytes(from: bytes) }
        return words
    }

    /// The reason in such a message; nil where it is none.
    public static func refusalReason(_ words: [UInt32]) -> String? {
        guard words.count == answerLimit, words[0] == refusal else { return nil }
        let count = min(Int(words[1]), refusalLimit)
        return words.withUnsafeBytes { String(decoding: $0[8..<(8 + count)], as: UTF8.self) }
    }

    /// The first word of a piece of a report; the bytes that the whole report has follow, those of this piece, and the piece.
    public static let piece: UInt32 = 5
    /// The most words that a piece has: none is longer, and none but the last is shorter.
    public static let pieceLimit = 4096
    /// Bytes of a report that are taken.
    public static let reportLimit = 4 << 20
    private static let pieceHead = 3

    /// The messages that a report is sent in.
    public static func pieces(of report: [UInt8]) -> [[UInt32]] {
        let room = (pieceLimit - pieceHead) * MemoryLayout<UInt32>.size
        return stride(from: 0, to: report.count, by: room).map { start in
            let part = report[start..<min(start + room, report.count)]
            var words = [UInt32](repeating: 0, count: pieceHead + (part.count + 3) / 4)
            words[0] = piece
            words[1] = UInt32(report.count)
            words[2] = UInt32(part.count)
            words.withUnsafeMutableBytes { $0[(4 * pieceHead)...].copyBytes(from: part) }
            return words
        }
    }

    /// Takes in a piece of a report.
    ///
    /// - Returns: false where it is none, or one that can't be.
    public static func take(piece words: [UInt32], into report: inout [UInt8]) -> Bool {
        guard words.count > pieceHead, words[0] == piece, Int(words[1]) <= reportLimit,
            Int(words[2]) <= 4 * (words.count - pieceHead), report.count + Int(words[2]) <= Int(words[1])
        else { return false }
        words.withUnsafeBytes { report += $0[(4 * pieceHead)..<(4 * pieceHead + Int(words[2]))] }
        return true
    }

    /// The exit code of a worker that has done as much as it is to do, so that another takes its place.
    public static let renewalExitCode: Int32 = 74

    /// By how much zygotes and workers go before the daemon where memory is short, in thousandths of the memory that they share.
    public static let offeredMemory: Int32 = 200

    /// The argument before the most memory of its own that each of the runtime's processes may have, in bytes. The
    /// runtime's arguments follow.
    public static let memoryFlag = "--memory"
    /// Behind it, likewise, the bytes by which a worker process may grow until another takes its place after a task.
    public static let growthFlag = "--growth"

    /// How many processes one request may ask for: so few that the answer, which shows that the zygote is alive, comes soon.
    public static let requestLimit = 64

    /// How much of the crash file each process has, in bytes.
    public static let crashBytes = 1 << 16

    /// The descriptors that the daemon gives the zygote, and the zygote a program of its own.
    public enum Inherited {
        public static let arena: Int32 = 3
        public static let event: Int32 = 4
        public static let control: Int32 = 5
        /// Where workers ask for a lease's files by its job's number, see ``Linux/FileRequest``: its memory, and its client's bell.
        public static let files: Int32 = 6
        /// What the daemon's guardian is told by, see ``GuardianProtocol``. Not there for foreign code.
        public static let guardian: Int32 = 7
        /// Where an interpreter's workers write as they crash, in the guardian's place: a file of which each process has
        /// ``crashBytes``, by its number.
        public static let crashes: Int32 = 7
    }
}

/// What the daemon and its workers say to the guardian, which ends what they can't end themselves: 32-bit words in a pipe.
/// Each is the number of a command, of which whatever is left is to be ended, or ``farewell``.
public enum GuardianProtocol {
    /// The first argument of the program; the family of the commands' marks follows, then the directory to be removed, if
    /// there is one.
    public static let flag = "--guardian"
    /// No command is left, and none will be started: the guardian ends once it has done what it was asked.
    public static let farewell: UInt32 = 0

    /// The descriptors that the daemon gives the guardian.
    public enum Inherited {
        /// The daemon's pidfd.
        public static let daemon: Int32 = 3
        /// Where words are read.
        public static let requests: Int32 = 4
    }
}
