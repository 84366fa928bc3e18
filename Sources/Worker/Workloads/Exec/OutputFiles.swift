import Bytes
import Glibc
import Ledger
import Linux
import SystemPackage

/// The two files into which a worker puts what its commands write, one command after the other.
final class OutputFiles {
    let output: OutputFile
    let errors: OutputFile

    init(_ settings: ExecSettings, seat: Int) {
        func file(_ stream: OutputFile.Stream) -> OutputFile {
            OutputFile(
                OutputFile.path(in: settings.outputDirectory, job: settings.job, seat: seat, stream),
                limit: settings.outputLimit, isKept: settings.keepsOutputs)
        }
        output = file(.output)
        errors = file(.errors)
    }

    /// Gets ready for the next command.
    func begin() {
        output.begin()
        errors.begin()
    }

    /// Whether the command has written more than is allowed.
    var isOver: Bool { output.isOver || errors.isOver }
    /// Why something that it wrote could not be kept.
    var failure: Errno? { output.failure ?? errors.failure }
}

/// A file that is made once there is something to be put into it.
public final class OutputFile {
    /// Which of a command's outputs.
    public enum Stream: String, Sendable, CaseIterable {
        case output = "out"
        case errors = "err"
    }

    private let path: String
    private let limit: UInt64
    private let isKept: Bool
    private var file: Descriptor?
    /// How much may be written until the room of the file system is looked at again.
    private var allowance = 0
    /// The place of what the present command has written.
    private(set) var span = CommandDetail.Span()
    private(set) var isOver = false
    private(set) var failure: Errno?

    /// - Parameter isKept: whether there is to be a file; without, what commands write is only counted.
    init(_ path: String, limit: UInt64, isKept: Bool) {
        self.path = path
        self.limit = limit
        self.isKept = isKept
    }

    /// Where the file of a job's worker is. Daemon and worker both know it by this.
    public static func path(in directory: String, job: UInt64, seat: Int, _ stream: Stream) -> String {
        "\(directory)/exec-\(job)-\(seat).\(stream.rawValue)"
    }

    func begin() {
        span = CommandDetail.Span(offset: span.offset + span.count)
        isOver = false
        failure = nil
    }

    /// Puts `bytes` at the file's end, as far as they are within the limit.
    func append(_ bytes: ArraySlice<UInt8>) {
        let kept = bytes.prefix(Int(clamping: limit - span.count))
        if kept.count < bytes.count { isOver = true }
        guard failure == nil, !kept.isEmpty else { return }
        guard isKept else {
            span.count += UInt64(kept.count)
            return
        }
        do {
            if file == nil { try open() }
            try write(kept)
        } catch {
            failure = error.errno
        }
    }

    /// A worker that takes the place of one that has died goes on behind what that one has written.
    private func open() throws(SystemError) {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
        let raw = try system("open") { Glibc.open(path.cBytes, flags, 0o600) }
        file = Descriptor(owning: raw)
        span.offset = UInt64(try system("lseek") { lseek(raw, 0, SEEK_END) })
    }

    /// Outputs that nobody has taken yet leave so much of their file system to others: one part of so many.
    private static let sparedPart: UInt64 = 20
    /// The room is looked at each so many bytes.
    private static let stepBytes = 16 << 20

    /// Makes sure that outputs don't fill their file system, however many commands write and however slowly what they have
    /// written is taken. Throws ENOSPC.
    private func checkRoom(_ raw: Int32) throws(SystemError) {
        var room = statvfs()
        try system("fstatvfs") { fstatvfs(raw, &room) }
        let spared = UInt64(room.f_blocks) / Self.sparedPart
        guard UInt64(room.f_bavail) > spared else { throw SystemError("write", .noSpace) }
        allowance = Self.stepBytes
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) {
        guard let raw = file?.raw else { return }
        if allowance < bytes.count { try checkRoom(raw) }
        allowance -= bytes.count
        var rest = bytes
        while !rest.isEmpty {
            let count = try system("write") { rest.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) } }
            rest = rest.dropFirst(count)
            span.count += UInt64(count)
        }
    }
}
