import Glibc
public import Linux

/// What a job's tasks are given, made ready for shared memory: words, or parts of one block of bytes.
public struct TaskInputs: Sendable {
    /// How they stand in a job's memory.
    public enum Form: UInt32, Sendable {
        /// Each task's words and those that all share, see ``Words``:
        ///
        /// ```
        /// 0               the end of each list, 8 bytes each: the shared one's, then each task's
        /// 8 × (tasks + 1) the lists, one after the other; each word ended by a NUL
        /// ```
        case words = 0
        /// A block of bytes, which begins at the plan's `blockOffset`, and a table of each task's part of it, a ``ByteSpan``
        /// each, at `spansOffset`; without a table the whole block is each task's.
        case block = 1
    }

    enum Content: Sendable {
        case words([UInt8])
        case block(InputBlock)
    }

    let content: Content

    /// - Parameters:
    ///   - shared: the words of all tasks.
    ///   - tasks: each task's words.
    /// - Returns: nil if a word has a NUL in it.
    public init?(shared: [String], tasks: [[String]]) {
        let lists = tasks.count + 1
        func room(_ words: [String]) -> Int { words.reduce(0) { $0 + $1.utf8.count + 1 } }
        let count = tasks.reduce(8 * lists + room(shared)) { $0 + room($1) }
        var isText = true
        // Written in one piece and in place: it may be many MiB.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var end = 8 * lists
            for list in 0..<lists {
                for word in list == 0 ? shared : tasks[list - 1] {
                    for byte in word.utf8 {
                        if byte == 0 { isText = false }
                        buffer[end] = byte
                        end += 1
                    }
                    buffer[end] = 0
                    end += 1
                }
                UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: UInt64(end), toByteOffset: 8 * list, as: UInt64.self)
            }
            written = end
        }
        if !isText { return nil }
        content = .words(bytes)
    }

    /// Tasks that are given parts of `block`.
    public init(_ block: InputBlock) {
        content = .block(block)
    }

    /// How many bytes they take in a job's memory.
    public var byteCount: Int {
        switch content {
        case .words(let bytes): bytes.count
        case .block(let block): block.blockOffset + block.byteCount
        }
    }

    /// Says in a job's plan how they stand in its memory.
    func describe(in plan: inout JobPlan) {
        plan.inputBytes = UInt64(byteCount)
        guard case .block(let block) = content else { return }
        plan.inputForm = Form.block.rawValue
        plan.blockOffset = UInt64(block.blockOffset)
        plan.spansOffset = block.spansOffset.map { UInt64($0) } ?? JobPlan.noSpans
    }

    static func words(_ index: Int, at base: UnsafeMutableRawPointer, tasks: Int) -> Words {
        func end(_ index: Int) -> Int {
            index < 0 ? 8 * (tasks + 1) : Int(base.load(fromByteOffset: 8 * index, as: UInt64.self))
        }
        let start = end(index - 1)
        return Words(UnsafeRawBufferPointer(start: base + start, count: end(index) - start))
    }
}

/// A part of a block of bytes. In memory: its offset, then its length, 8 bytes each in this host's order.
public struct ByteSpan: BitwiseCopyable, Sendable, Equatable {
    public static let byteCount = 16

    public var offset: UInt64
    public var count: UInt64

    public init(offset: Int, count: Int) {
        self.offset = UInt64(offset)
        self.count = UInt64(count)
    }

    /// Its bounds in a block of so many bytes; nil where it isn't within.
    public func range(within byteCount: Int) -> Range<Int>? {
        guard offset <= UInt64(byteCount), count <= UInt64(byteCount) - offset else { return nil }
        return Int(offset)..<Int(offset) + Int(count)
    }
}

/// One block of bytes, of which each task of a job is given a part: text or numbers, or whatever else.
public struct InputBlock: Sendable {
    /// Why a block can't be what it was said to be.
    public enum Fault: Error, Sendable, Equatable {
        /// The part of this task isn't within the block.
        case outside(task: Int)
        /// The table isn't, or is not at a multiple of 8.
        case table
        /// The file is shorter than it was.
        case shrunk
        case system(SystemError)
    }

    /// Where the parts are written down.
    private enum Parts: Sendable {
        /// Each task is given all of it.
        case whole
        /// In a table that stands in front of the block.
        case spans([ByteSpan])
        /// In a table in the block itself.
        case table(at: Int)
    }

    private enum Source: Sendable {
        case bytes([UInt8])
        case file(InputFile)
    }

    private let source: Source
    private let parts: Parts
    let tasks: Int
    /// Of the block.
    public let byteCount: Int

    /// Where the block begins where a table stands in front of it: as `malloc` would align it, and a cache line.
    private static let alignment = 64

    /// A block that every one of `tasks` is given whole.
    public init(_ bytes: [UInt8], tasks: Int) {
        (source, parts, self.tasks, byteCount) = (.bytes(bytes), .whole, tasks, bytes.count)
    }

    /// Parts that stand one behind the other, of these lengths. Throws ``Fault/outside(task:)``.
    public init(_ bytes: [UInt8], lengths: [Int]) throws(Fault) {
        source = .bytes(bytes)
        parts = .spans(try Self.spans(lengths, within: bytes.count))
        (tasks, byteCount) = (lengths.count, bytes.count)
    }

    /// The same of a file.
    public init(_ file: InputFile, lengths: [Int]) throws(Fault) {
        source = .file(file)
        parts = .spans(try Self.spans(lengths, within: file.byteCount))
        (tasks, byteCount) = (lengths.count, file.byteCount)
    }

    /// A file that every one of `tasks` is given whole, or that has a table of their parts at `table`: a ``ByteSpan`` each. What
    /// is in the table is checked once it is where nobody can change it any more. Throws ``Fault/table``.
    public init(_ file: InputFile, table: Int?, tasks: Int) throws(Fault) {
        (source, self.tasks, byteCount) = (.file(file), tasks, file.byteCount)
        guard let table else {
            parts = .whole
            return
        }
        let (bytes, isBeyond) = tasks.multipliedReportingOverflow(by: ByteSpan.byteCount)
        guard table >= 0, table.isMultiple(of: 8), !isBeyond, bytes <= byteCount, table <= byteCount - bytes else {
            throw .table
        }
        parts = .table(at: table)
    }

    private static func spans(_ lengths: [Int], within byteCount: Int) throws(Fault) -> [ByteSpan] {
        var spans: [ByteSpan] = []
        spans.reserveCapacity(lengths.count)
        var offset = 0
        for (task, length) in lengths.enumerated() {
            guard length >= 0, length <= byteCount - offset else { throw .outside(task: task) }
            spans.append(ByteSpan(offset: offset, count: length))
            offset += length
        }
        return spans
    }

    /// Where the block and the table begin in the job's inputs; the table nowhere where there is none.
    var blockOffset: Int {
        guard case .spans(let spans) = parts else { return 0 }
        return (spans.count * ByteSpan.byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
    }
    var spansOffset: Int? {
        switch parts {
        case .whole: nil
        case .spans: 0
        case .table(let offset): offset
        }
    }

    /// Puts table and block where a job has its inputs, and checks what the table says.
    func store(at place: UnsafeMutableRawPointer) throws(Fault) {
        if case .spans(let spans) = parts {
            spans.withUnsafeBytes { bytes in
                if let start = bytes.baseAddress { place.copyMemory(from: start, byteCount: bytes.count) }
            }
        }
        let block = place + blockOffset
        switch source {
        case .bytes(let bytes): UnsafeMutableRawBufferPointer(start: block, count: byteCount).copyBytes(from: bytes)
        case .file(let file): try file.copy(to: block)
        }
        guard case .table(let offset) = parts else { return }
        let table = (block + offset).assumingMemoryBound(to: ByteSpan.self)
        for task in 0..<tasks where table[task].range(within: byteCount) == nil { throw .outside(task: task) }
    }
}

/// A file of somebody else's that holds a block of inputs. It is read once; whoever made it may write on meanwhile, or cut it,
/// and harms only its own run.
public final class InputFile: Sendable {
    private let descriptor: Descriptor
    public let byteCount: Int

    /// Takes over a memory file, or another that has a size and can be read at any place. Throws where it can't be told how
    /// long it is; nil where it is something else.
    public init?(_ descriptor: consuming Descriptor) throws(SystemError) {
        var status = stat()
        let raw = descriptor.raw
        try system("fstat") { fstat(raw, &status) }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        byteCount = Int(status.st_size)
        self.descriptor = descriptor
    }

    /// Copies all of it. The kernel does, so that a file that gets shorter makes no fault.
    func copy(to place: UnsafeMutableRawPointer) throws(InputBlock.Fault) {
        let raw = descriptor.raw
        var done = 0
        while done < byteCount {
            let count: Int
            do {
                count = try system("pread") { pread(raw, place + done, byteCount - done, off_t(done)) }
            } catch {
                throw .system(error)
            }
            if count == 0 { throw .shrunk }
            done += count
        }
    }
}

/// Words that stand one after the other in memory, each ended by a NUL: as C takes strings, without a copy.
public struct Words: Sequence {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The words as C strings, valid for as long as the job's memory.
    public func makeIterator() -> AnyIterator<UnsafePointer<CChar>> {
        var rest = bytes[...]
        return AnyIterator {
            guard let end = rest.firstIndex(of: 0), let base = bytes.baseAddress else { return nil }
            defer { rest = rest[(end + 1)...] }
            return (base + rest.startIndex).assumingMemoryBound(to: CChar.self)
        }
    }

    /// The words as text.
    public var strings: [String] { map { String(cString: $0) } }
}
