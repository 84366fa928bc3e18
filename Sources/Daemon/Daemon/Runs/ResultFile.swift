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

    /// Copies the results of a job whose tasks have ended.
    ///
    /// - Parameters:
    ///   - first: the first task of which there is something in it.
    ///   - definition: of what they are tasks of.
    init(of job: FinishedJob, from first: Int = 0, _ definition: Definition) throws(SystemError) {
        let tasks = first..<job.taskCount
        let tableBytes = tasks.count * ByteSpan.byteCount
        var file = try FilledFile(named: "par-results", expecting: tableBytes + job.heapBytesTaken)
        let table = try file.add(zeros: tableBytes)
        var failed: [Int] = []
        // Whatever records say, the file is not larger than the heap and what keeps results at their multiples.
        var left = job.heapBytes
        for task in tasks {
            let record = job.record(task)
            switch record.status {
            case .ok:
                guard let bytes = job.result(record), bytes.count <= left else { break }
                left -= bytes.count
                let span = ByteSpan(offset: try file.add(bytes), count: bytes.count)
                file.put(span, at: table + (task - first) * ByteSpan.byteCount)
            case .failed, .lost: failed.append(task)
            case .cancelled, .pending, .running: break
            }
        }
        var failures: Int?
        if !failed.isEmpty {
            let table = try file.add(zeros: tableBytes)
            failures = table
            for task in failed {
                let reason = Self.reason(task, of: job, definition, &left)
                let offset = try Self.add(reason, to: &file)
                file.put(
                    ByteSpan(offset: offset, count: reason.count), at: table + (task - first) * ByteSpan.byteCount)
            }
        }
        description = Run.Results(
            descriptor: 0, bytes: file.byteCount, failures: failures, first: first == 0 ? nil : first)
        let sealed = try file.seal()
        self.file = SentDescriptors([sealed.release()])
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
        return Array(reason.utf8)
    }

    /// The open file, which is closed once it has been sent.
    var descriptor: SentDescriptors { file }

    private static func add(_ text: [UInt8], to file: inout FilledFile) throws(SystemError) -> Int {
        let result = text.withUnsafeBytes { bytes in
            do throws(SystemError) {
                return Result<Int, SystemError>.success(try file.add(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
