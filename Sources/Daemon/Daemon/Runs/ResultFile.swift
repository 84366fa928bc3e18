import Catalogue
import Control
import Ledger
import Linux
import Pools
import VarlinkServer

/// What the tasks of a run have handed back, in a memory file for its client: a table of ``Ledger/ByteSpan``, one for each task, and
/// then the results, which begin at multiples of 16. Where tasks have failed, there is a second table behind them, and the reasons.
///
/// The file is the client's own: it holds nothing of another job, and nothing of the heap that is no result.
final class ResultFile: Sendable {
    let description: Run.Results
    private let file: SentDescriptors

    private static let alignment = 16
    /// Results are gathered up to so many bytes and written together; a larger one is written from where it is.
    private static let bufferBytes = 1 << 18
    private static let largeBytes = 1 << 14

    /// Copies the results of a job whose tasks have ended.
    ///
    /// - Parameters:
    ///   - first: the first task of which there is something in it.
    ///   - definition: of what they are tasks of.
    init(of job: FinishedJob, from first: Int = 0, _ definition: Definition) throws(SystemError) {
        let file = try Descriptor.memoryFile(named: "par-results")
        var spans: [ByteSpan] = []
        let tasks = first..<job.taskCount
        spans.reserveCapacity(tasks.count)
        var end = tasks.count * ByteSpan.byteCount
        var failed: [Int] = []
        // Whatever records say, the file is not larger than the heap and what keeps results at their multiples.
        var left = job.heapBytes
        for task in tasks {
            let record = job.record(task)
            if record.status == .failed || record.status == .lost { failed.append(task) }
            let count = Int(record.resultByteCount)
            guard record.status == .ok, count <= left else {
                spans.append(ByteSpan(offset: 0, count: 0))
                continue
            }
            left -= count
            spans.append(ByteSpan(offset: end, count: count))
            end += Self.rounded(count)
        }
        try file.append(spans)
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.bufferBytes)
        for task in tasks where spans[task - first].count > 0 {
            if let bytes = job.result(job.record(task)) { try Self.put(bytes, &buffer, file) }
        }
        var failures: Int?
        if !failed.isEmpty {
            failures = end
            let reasons = failed.map { Self.reason($0, of: job, definition, &left) }
            end += tasks.count * ByteSpan.byteCount
            var table = Array(repeating: ByteSpan(offset: 0, count: 0), count: tasks.count)
            for (task, reason) in zip(failed, reasons) {
                table[task - first] = ByteSpan(offset: end, count: reason.count)
                end += Self.rounded(reason.count)
            }
            try Self.flush(&buffer, file)
            try file.append(table)
            for reason in reasons { try Self.put(reason, &buffer, file) }
        }
        try Self.flush(&buffer, file)
        try file.seal()
        description = Run.Results(descriptor: 0, bytes: end, failures: failures, first: first == 0 ? nil : first)
        self.file = SentDescriptors([file.release()], byteCount: end)
    }

    /// Why a task has failed, in full.
    private static func reason(_ task: Int, of job: FinishedJob, _ definition: Definition, _ left: inout Int) -> [UInt8]
    {
        let record = job.record(task)
        if record.status == .failed, let text = job.result(record), !text.isEmpty, text.count <= left {
            left -= text.count
            return Array(text)
        }
        let reason =
            record.reason(of: definition, own: job.detail(task).reason, result: nil, exit: job.loss.exits[record.pid])
            ?? ""
        // With where the worker was as it crashed, if that is known.
        if record.status == .lost, let crash = job.loss.crashes[record.pid], crash.utf8.count <= left {
            left -= crash.utf8.count
            return Array("\(reason)\n\(crash)".utf8)
        }
        return Array(reason.utf8)
    }

    /// The open file, which is closed once it has been sent.
    var descriptor: SentDescriptors { file }

    private static func put(
        _ bytes: UnsafeRawBufferPointer, _ buffer: inout [UInt8], _ file: borrowing Descriptor
    ) throws(SystemError) {
        if bytes.count < largeBytes {
            buffer.append(contentsOf: bytes)
        } else {
            try flush(&buffer, file)
            try file.append(bytes)
        }
        try pad(bytes.count, &buffer, file)
    }

    private static func put(
        _ text: [UInt8], _ buffer: inout [UInt8], _ file: borrowing Descriptor
    ) throws(SystemError) {
        if text.count < largeBytes {
            buffer += text
        } else {
            try flush(&buffer, file)
            try file.append(text)
        }
        try pad(text.count, &buffer, file)
    }

    private static func pad(_ count: Int, _ buffer: inout [UInt8], _ file: borrowing Descriptor) throws(SystemError) {
        buffer.append(contentsOf: repeatElement(0, count: rounded(count) - count))
        if buffer.count + largeBytes >= bufferBytes { try flush(&buffer, file) }
    }

    private static func flush(_ buffer: inout [UInt8], _ file: borrowing Descriptor) throws(SystemError) {
        if buffer.isEmpty { return }
        try file.append(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private static func rounded(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
