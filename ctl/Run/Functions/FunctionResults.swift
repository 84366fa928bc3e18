import Bytes
import Control
import FoundationEssentials
import Glibc
import Linux
import Varlink

/// What the tasks of a run have handed back, and why those that failed did: the file that came with the receipt, mapped.
final class FunctionResults {
    private let memory: UnsafeRawBufferPointer
    /// Those that it tells of.
    private let tasks: Range<Int>
    /// Where the table of failures is; nil where there is none.
    private let failures: Int?

    /// Bytes that are written at once.
    private static let chunk = 1 << 18
    private static let spanBytes = 16

    /// - Parameters:
    ///   - descriptor: the file's, which is closed.
    ///   - tasks: how many the run had.
    init(_ results: Run.Results, _ descriptor: consuming Descriptor, tasks: Int) throws(CommandError) {
        let size: Int
        do {
            size = try memoryFileSize(descriptor.raw)
        } catch {
            throw CommandError(error)
        }
        // A file that could be cut would fault where it is read.
        let isSealed = descriptor.isSealed
        let first = results.first ?? 0
        guard (0...tasks).contains(first) else { throw Self.unfit }
        let (table, isBeyond) = (tasks - first).multipliedReportingOverflow(by: Self.spanBytes)
        guard size == results.bytes, !isBeyond, table <= size, isSealed,
            results.failures.map({ $0 >= table && $0 <= size - table && $0.isMultiple(of: 8) }) ?? true
        else { throw Self.unfit }
        self.tasks = first..<tasks
        failures = results.failures
        guard size > 0 else {
            memory = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let place = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor.raw, 0)
        guard let place, place != MAP_FAILED else { throw .system(call: "mmap", errno: errno) }
        memory = UnsafeRawBufferPointer(start: place, count: size)
    }

    private static let unfit = CommandError.client(
        .protocolViolation("the results of the run are not what the reply says"))

    deinit {
        if let place = memory.baseAddress { munmap(UnsafeMutableRawPointer(mutating: place), memory.count) }
    }

    /// A task's part by the table at `table`; nil where it has none, or one that can't be.
    private func part(_ task: Int, table: Int) -> UnsafeRawBufferPointer? {
        let place = table + (task - tasks.lowerBound) * Self.spanBytes
        let offset = memory.load(fromByteOffset: place, as: UInt64.self)
        let count = memory.load(fromByteOffset: place + 8, as: UInt64.self)
        guard offset > 0, offset <= UInt64(memory.count), count <= UInt64(memory.count) - offset else { return nil }
        return UnsafeRawBufferPointer(rebasing: memory[Int(offset)..<Int(offset + count)])
    }

    private func result(_ task: Int) -> UnsafeRawBufferPointer? { part(task, table: 0) }

    private func failure(_ task: Int) -> UnsafeRawBufferPointer? { failures.flatMap { part(task, table: $0) } }

    /// Does what is to be done with the results, but for those that go into a JSON document.
    func show(_ plan: FunctionPlan, isInDocument: Bool) throws(CommandError) {
        if let directory = plan.directory {
            try keep(plan, in: directory)
        } else if let file = plan.pickleFile {
            try keep(inFile: file)
        } else if !isInDocument {
            try print(plan)
        }
        // A run that was ended, or whose function wrote where it may not, has tasks of which nothing is known.
        var unended = 0
        var first: Int?
        for task in tasks {
            if let reason = failure(task) {
                plan.complain(of: task, Array(reason))
            } else if result(task) == nil {
                unended += 1
                first = first ?? task
            }
        }
        guard let first else { return }
        let others = unended > 1 ? ", nor did \(unended - 1) more" : ""
        plan.complain(of: first, Array("it did not finish\(others)".utf8))
    }

    /// Prints the results, one a line.
    private func print(_ plan: FunctionPlan) throws(CommandError) {
        let nothing = plan.nothing
        var lines: [UInt8] = []
        lines.reserveCapacity(2 * Self.chunk)
        for task in tasks {
            guard let result = result(task) else { continue }
            if plan.isTagged { lines += plan.tag(task) }
            if result.count > Self.chunk {
                try StandardOutput.write(lines)
                lines.removeAll(keepingCapacity: true)
                try StandardOutput.write(result)
            } else if result.isEmpty {
                lines += nothing
            } else {
                lines.append(contentsOf: result)
            }
            lines.append(UInt8(ascii: "\n"))
            if lines.count >= Self.chunk {
                try StandardOutput.write(lines)
                lines.removeAll(keepingCapacity: true)
            }
        }
        try StandardOutput.write(lines)
    }

    /// Puts all results into one file, in the order of the tasks: for each its pickle, or that of an exception with the reason why
    /// there is none.
    private func keep(inFile path: String) throws(CommandError) {
        do throws(SystemError) {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let file = Descriptor(owning: try system("open") { open(path.cBytes, flags, 0o666) })
            for task in tasks {
                if let result = result(task), !result.isEmpty {
                    try writeAll(file.raw, result)
                } else {
                    let reason =
                        failure(task).map { String(decoding: $0, as: UTF8.self) } ?? "it did not finish"
                    try file.append(Pickle.exception(reason))
                }
            }
            // Some file systems say only then that there was no room.
            try file.close()
        } catch {
            throw .exporting(path: path, errno: error.errno.rawValue)
        }
    }

    /// Puts each result into a file.
    private func keep(_ plan: FunctionPlan, in directory: String) throws(CommandError) {
        for task in tasks {
            if let result = result(task) { try plan.keep(result, of: task, in: directory) }
        }
    }

    /// The member `results` of a JSON document, in pieces: an object for each task with its `text`, or `base64` where that is
    /// no UTF-8, or the `reason` for which it has none.
    func writeMembers(_ write: ([UInt8]) throws(CommandError) -> Void) throws(CommandError) {
        var json = JSONWriter(expecting: Self.chunk)
        for task in tasks {
            if task > 0 { json.append(",") }
            json.append("\n    {\"task\":", task)
            if let result = result(task) {
                if let text = String(validating: result, as: UTF8.self) {
                    json.append(",\"text\":", quoted: text)
                } else {
                    json.append(",\"base64\":", quoted: Data(result).base64EncodedString())
                }
            } else {
                let reason = failure(task).map { String(decoding: $0, as: UTF8.self) }
                json.append(",\"reason\":", quoted: reason ?? "it did not finish")
            }
            json.append("}")
            if json.count >= Self.chunk {
                try write(json.bytes)
                json.removeAll()
            }
        }
        try write(json.bytes)
    }
}

/// The little of Python's pickles that is written here.
enum Pickle {
    /// A `RuntimeError` with a text: a global, a tuple of one text, and a call of the one with the other (protocol 2).
    static func exception(_ text: String) -> [UInt8] {
        let text = Array(text.utf8)
        let count = withUnsafeBytes(of: UInt32(text.count).littleEndian) { Array($0) }
        return [0x80, 2] + Array("cbuiltins\nRuntimeError\nX".utf8) + count + text + [0x85] + Array("R.".utf8)
    }
}
