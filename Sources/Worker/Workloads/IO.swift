import Bytes
import Catalogue
import Glibc
public import Ledger
import Linux
import SystemPackage

/// Writes a text file of its own for each task, checks its length, reads it back if asked, and removes it; or writes one
/// file in all tasks.
public struct IO: Workload {
    private let size: Int
    private let reads: Bool
    private let syncs: Bool
    private let directory: String
    private let shared: SharedFile?

    /// What is written, again and again: lines of UTF-8 text.
    private static let block: [UInt8] = {
        let line = "Warm workers wait for work; cold ones are still putting on their boots – être prêt, c'est tout.\n"
        var text = Array(line.utf8)
        while text.count < 1 << 16 { text += Array(line.utf8) }
        return Array(text.prefix(1 << 16))
    }()

    public init(_ arguments: JobArguments) {
        size = Int(arguments.number("size"))
        reads = arguments.flag("read")
        syncs = arguments.flag("fsync")
        directory = arguments.text("dir")
        shared =
            arguments.flag("same-file")
            ? SharedFile("\(directory)/pard-io-\(ThisProcess.parent)-\(arguments.job)") : nil
    }

    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        if let shared { return try overwrite(shared, task) }
        // The parent is the daemon: no other daemon's job of the same number has this name.
        let path = "\(directory)/pard-io-\(ThisProcess.parent)-\(task.job)-\(task.task)"
        // What an attempt whose worker died has left behind; the name belongs to this task alone.
        unlink(path.cBytes)
        let flags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW
        let file = Descriptor(owning: try attempt(.create) { open(path.cBytes, flags, 0o600) })
        defer { unlink(path.cBytes) }
        try fill(file, of: task)
        try attempt(.remove) { unlink(path.cBytes) }
        return Int64(size)
    }

    /// Truncates and writes the file that all tasks share. Another one may do so at any time: nothing is sure of it.
    private func overwrite(_ shared: SharedFile, _ task: TaskContext) throws(TaskFailure) -> Int64 {
        let flags = O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW
        let file = Descriptor(owning: try attempt(.create) { open(shared.path.cBytes, flags, 0o600) })
        try write(to: file, of: task)
        let raw = file.raw
        if syncs { try attempt(.sync) { fsync(raw) } }
        return Int64(size)
    }

    /// Writes the file and makes sure that what was asked for is in it.
    private func fill(_ file: borrowing Descriptor, of task: TaskContext) throws(TaskFailure) {
        let raw = file.raw
        try write(to: file, of: task)
        if syncs { try attempt(.sync) { fsync(raw) } }
        var status = stat()
        try attempt(.measure) { fstat(raw, &status) }
        guard Int(status.st_size) == size else { throw TaskFailure(IOFailure.measure) }
        if reads { try check(file, of: task) }
    }

    private func write(to file: borrowing Descriptor, of task: TaskContext) throws(TaskFailure) {
        let raw = file.raw
        var written = 0
        while written < size {
            if task.isCancelled { throw .cancelled }
            let from = written % Self.block.count
            let count = min(Self.block.count - from, size - written)
            written += try attempt(.write) {
                Self.block.withUnsafeBytes { Glibc.write(raw, $0.baseAddress.unsafelyUnwrapped + from, count) }
            }
        }
    }

    private func check(_ file: borrowing Descriptor, of task: TaskContext) throws(TaskFailure) {
        let raw = file.raw
        var seen = 0
        try withUnsafeTemporaryAllocation(byteCount: Self.block.count, alignment: 64) { buffer throws(TaskFailure) in
            while seen < size {
                if task.isCancelled { throw .cancelled }
                let from = seen % Self.block.count
                let room = Self.block.count - from
                let place = off_t(seen)
                let count = try attempt(.read) { pread(raw, buffer.baseAddress, room, place) }
                if count == 0 { throw TaskFailure(IOFailure.compare) }
                let same = Self.block.withUnsafeBytes {
                    memcmp(buffer.baseAddress.unsafelyUnwrapped, $0.baseAddress.unsafelyUnwrapped + from, count) == 0
                }
                guard same else { throw TaskFailure(IOFailure.compare) }
                seen += count
            }
        }
    }

    /// Makes a system call as a step of the task.
    @discardableResult
    private func attempt<Value: SignedInteger>(
        _ step: IOFailure, _ body: () -> Value
    ) throws(TaskFailure) -> Value {
        do {
            return try system("", body)
        } catch {
            throw TaskFailure(step, error.errno)
        }
    }
}

/// A file that all tasks of a job write. Each worker removes it when it leaves the job; one that is still at it then has
/// the file open, or makes it anew and removes it in its turn.
private final class SharedFile {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    deinit {
        unlink(path.cBytes)
    }
}
