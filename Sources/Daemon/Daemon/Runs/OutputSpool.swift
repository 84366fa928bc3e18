import Bytes
import Control
import FoundationEssentials
import Glibc
import Ledger
import Linux
import Pools
import Scheduling
import Workloads

/// The files into which a job's workers have put what its commands wrote.
final class OutputSpool: Sendable {
    /// Bytes that are read at a time of each output.
    static let pieceBytes = 96 * 1024

    private let directory: String
    private let job: JobID
    private let seats: Int

    init(directory: String, job: JobID, seats: Int) {
        self.directory = directory
        self.job = job
        self.seats = seats
    }

    /// The next piece of each of a task's outputs; empty where there is no more.
    func next(_ reading: inout OutputReading) throws(SystemError) -> (output: [UInt8], errors: [UInt8]) {
        if let result = reading.result { return reading.next(of: result) }
        return (
            try read(&reading.output, .output, seat: reading.seat),
            try read(&reading.errors, .errors, seat: reading.seat)
        )
    }

    private func read(
        _ span: inout CommandDetail.Span, _ stream: OutputFile.Stream, seat: Int
    ) throws(SystemError) -> [UInt8] {
        let wanted = Int(min(span.count, UInt64(Self.pieceBytes)))
        if wanted == 0 { return [] }
        let path = OutputFile.path(in: directory, job: job, seat: seat, stream)
        let file = Descriptor(
            owning: try system("open", on: path) { open(path.cBytes, O_RDWR | O_CLOEXEC | O_NOFOLLOW) })
        let raw = file.raw
        var bytes = [UInt8](repeating: 0, count: wanted)
        var count = 0
        while count < wanted {
            let place = off_t(span.offset) + count
            let more = try system("pread", on: path) {
                bytes.withUnsafeMutableBytes { pread(raw, $0.baseAddress.map { $0 + count }, wanted - count, place) }
            }
            // Shorter than its worker said: it is not the file that it wrote.
            if more == 0 { throw SystemError("pread", .ioError, on: path) }
            count += more
        }
        // It is read once, and a long run would fill the disk. Where the file system can't do this, it keeps the room.
        try? file.release(Int(span.offset)..<Int(span.offset) + count)
        span.offset += UInt64(count)
        span.count -= UInt64(count)
        return bytes
    }

    /// Removes the files, of which as a rule few are there.
    func remove() {
        for seat in 0..<seats {
            for stream in OutputFile.Stream.allCases {
                unlink(OutputFile.path(in: directory, job: job, seat: seat, stream).cBytes)
            }
        }
    }
}

/// How far the outputs of a task have been read.
struct OutputReading: Sendable {
    /// There is nothing more.
    static let over = OutputReading(seat: 0)

    let seat: Int
    /// What a task has handed back, or the text of its failure, rather than what stands in the files.
    fileprivate let result: JobBytes?
    private let isFailure: Bool
    var output = CommandDetail.Span()
    var errors = CommandDetail.Span()

    private init(seat: Int, result: JobBytes? = nil, isFailure: Bool = false) {
        self.seat = seat
        self.result = result
        self.isFailure = isFailure
    }

    init(of task: EndedTask) {
        let printed = PrintedDetail(task.detail)
        self.init(
            seat: Int(task.record.seat), result: printed == nil ? task.result : nil,
            isFailure: task.record.status == .failed)
        if let printed {
            output = printed.output
            errors = printed.errors
        } else if let result {
            output.count = UInt64(result.bytes.count)
        } else if task.record.status != .lost, task.record.start != 0, let detail = CommandDetail(task.detail) {
            output = detail.output
            errors = detail.errors
        }
    }

    /// The next piece of a result.
    fileprivate mutating func next(of result: JobBytes) -> (output: [UInt8], errors: [UInt8]) {
        let start = Int(output.offset)
        let piece = Array(result.bytes[start..<start + min(Int(output.count), OutputSpool.pieceBytes)])
        output.offset += UInt64(piece.count)
        output.count -= UInt64(piece.count)
        return isFailure ? ([], piece) : (piece, [])
    }

    var isOver: Bool { output.count == 0 && errors.count == 0 }
}

extension [UInt8] {
    var base64: String { isEmpty ? "" : Data(self).base64EncodedString() }
}

/// Says when the output of which task is to be sent.
struct OutputRelay: Sendable {
    private let order: OutputOrder
    private var seen: Set<Int> = []
    /// Tasks that have ended and wait for those before them.
    private var waiting: [Int: EndedTask] = [:]
    /// The next one in the order of the tasks.
    private var next = 0

    init(order: OutputOrder) {
        self.order = order
    }

    /// Takes in tasks that have ended, some of which it may know already.
    ///
    /// - Returns: those whose output is to be sent now, in this order.
    mutating func take(_ ended: [EndedTask]) -> [EndedTask] {
        let new = ended.filter { seen.insert($0.task).inserted }
        guard order == .tasks else { return new }
        for task in new { waiting[task.task] = task }
        var ready: [EndedTask] = []
        while let task = waiting.removeValue(forKey: next) {
            ready.append(task)
            next += 1
        }
        return ready
    }
}
